"""The memory in the console: tandems and how they go on, what was said, and the weights learned from it."""

from fastapi import APIRouter

from app.web.memory.bridging import router as bridging
from app.web.memory.said import router as said
from app.web.memory.tandem import router as tandem
from app.web.memory.tandems import router as tandems
from app.web.memory.weighing import router as weighing

router = APIRouter(include_in_schema=False)
for part in (tandems, tandem, said, weighing, bridging):
    router.include_router(part)
