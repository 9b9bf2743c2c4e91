"""The border's own sector lists: what is loaded, and the form that loads one."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from app.deps import PrincipalDep, SessionDep
from app.errors import BadInput
from app.services import maps as service
from app.web.maps.choices import FormDep, words_of
from app.web.maps.words import MapWords
from app.web.origin import same_origin
from app.web.render import page

router = APIRouter(prefix="/maps/sectors")


@router.get("")
def sector_lists(request: Request, session: SessionDep, principal: PrincipalDep) -> Response:
    """Every list with its terms."""
    context = {
        "lists": service.list_sector_lists(session),
        "report": None,
        "may_load": principal.role == "admin",
        "words": MapWords.of(request),
    }
    return page(request, "maps/sectors.html", context)


@router.post("", dependencies=[Depends(same_origin)])
def load(request: Request, session: SessionDep, form: FormDep) -> Response:
    """Load a list, and say what became of its lines."""
    upload = form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise BadInput.of("file", "no file was chosen")
    name = words_of(form, "name", 200) or upload.filename.rpartition(".")[0] or upload.filename
    report = service.load_sector_list(session, name=name, filename=upload.filename, data=upload.file.read())
    context = {
        "lists": service.list_sector_lists(session),
        "report": report,
        "may_load": True,
        "words": MapWords.of(request),
    }
    return page(request, "maps/sectors.html", context)


@router.post("/{list_id}/delete", dependencies=[Depends(same_origin)])
def delete(session: SessionDep, list_id: int) -> Response:
    """Forget a list."""
    service.delete_sector_list(session, list_id=list_id)
    return RedirectResponse("/console/maps/sectors", status_code=303)
