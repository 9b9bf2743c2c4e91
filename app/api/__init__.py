"""Door 1: JSON over HTTP."""

from app.api.actors import router as actors
from app.api.events import router as events
from app.api.maps import router as maps
from app.api.match import router as match
from app.api.operations import router as operations
from app.api.pairings import router as pairings
from app.api.plans import router as plans

routers = (match, actors, maps, events, plans, pairings, operations)
