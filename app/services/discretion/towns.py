"""Towns by the borders that have a name on either side: who hides its town hides it in both languages."""

from functools import cache

from app.services.importing.words import fold_word

_NAMES = """
Kortrijk Courtrai; Lille Rijsel Rysel; Tournai Doornik; Gent Gand Ghent Gante; Antwerpen Anvers Antwerp Amberes;
Brugge Bruges Brügge Brujas; Ieper Ypres Ypern; Menen Menin; Roeselare Roulers; Moeskroen Mouscron;
Oudenaarde Audenarde; Aalst Alost; Mechelen Malines Mecheln Malinas; Leuven Louvain Löwen Lovaina; Kortemark Cortemarck;
Veurne Furnes; Nieuwpoort Nieuport; Oostende Ostende Ostend; Poperinge Poperinghe; Wervik Wervicq; Komen Comines;
Duinkerke Dunkerque Dunkirk Dünkirchen Dunkerke; Bergen Mons; Namen Namur; Luik Liège Lüttich Lieja Lieg;
Doornik Tournai; Ath Aat; Brussel Bruxelles Brussels Brüssel Bruselas; Waver Wavre; Nijvel Nivelles; Zinnik Soignies;
Edingen Enghien; Vloesberg Flobecq; Sint-Omaars Saint-Omer; Robaais Roubaix; Toerkonje Tourcoing; Kamerijk Cambrai;
Dowaai Douai; Valencijn Valenciennes; Atrecht Arras; Kales Calais; Bonen Boulogne-sur-Mer; Grevelingen Gravelines;
Hazebroek Hazebrouck; Belle Bailleul; Keulen Köln Cologne Colonia; Aken Aachen
Aix-la-Chapelle Aquisgrán; Trier Trèves Tréveris; Saarbrücken Sarrebruck; Straßburg Strasbourg Straatsburg Estrasburgo;
Mülhausen Mulhouse; Freiburg Fribourg-en-Brisgau Friburgo; Kehl Kehl; Colmar Kolmar; Basel Bâle Basilea Bazel;
Metz Metz; Lëtzebuerg Luxembourg-Ville Luxemburg-Stadt; Diedenhofen Thionville; Flensburg Flensborg;
Sønderborg Sonderburg; Åbenrå Aabenraa Apenrade; Tønder Tondern; Haderslev Hadersleben; Kiel Kiel; Husum Husum;
Schleswig Slesvig; København Copenhagen Kopenhagen Copenhague Kopenhague; Hamburg Hamborg Hambourg Hamburgo;
Donostia San-Sebastián Saint-Sébastien; Bilbao Bilbo; Vitoria Gasteiz Vitoria-Gasteiz; Pamplona Iruña Iruñea Pampelune;
Bayonne Baiona Bayona; Biarritz Miarritze; Hendaye Hendaia Hendaya; Irun Irún; Hondarribia Fuenterrabía Fontarrabie;
Anglet Angelu; Saint-Jean-de-Luz Donibane-Lohizune San-Juan-de-Luz; Pau Paue; Mauléon Maule; Hasparren Hazparne;
Eibar Éibar; Mondragón Arrasate; Tolosa Tolosa; Zarautz Zarauz; Rentería Errenteria; Perpignan Perpinyà Perpiñán;
Girona Gérone Gerona; Maastricht Maestricht; Nijmegen Nimègue Nimwegen; Den-Haag The-Hague La-Haye Haag La-Haya;
Parijs Paris París; Roubaix Robaais; London Londres Londen; Milano Milan Mailand Milaan Milán; Turin Torino;
Genève Genf Geneva Ginebra; München Munich Múnich; Nürnberg Nuremberg; Köbenhavn København
"""
_MISTAKEN = "ath bad bath belle brest essen ham kehl lens metz nice reading same spa split tours vienne waver bergen"
"""Towns whose name is a word too: taken for the town only with a capital letter."""


@cache
def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _NAMES.replace("\n", " ").split(";"):
        names = frozenset(name.replace("-", " ") for name in line.split())
        for name in names:
            found[fold_word(name)] = found.get(fold_word(name), frozenset()) | names
    return found


def names_of_town(town: str) -> frozenset[str]:
    """A town's names in every language we know them in, its own among them."""
    return frozenset([town]) | _groups().get(fold_word(town), frozenset())


def is_a_word_too(folded: str) -> bool:
    """Whether a town's folded name is a word of some language of ours."""
    return folded in _MISTAKEN.split()
