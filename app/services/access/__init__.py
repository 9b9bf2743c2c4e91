"""Who may come in: keys, people, sessions. The guard asks these; doors manage them."""
