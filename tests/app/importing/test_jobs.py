"""Imports in the background: progress, a stop, a failure that is told, a process that died."""

import threading

import pytest
from import_records import UPTEX, lines
from sqlalchemy import Engine, text
from sqlmodel import Session, func, select

from app.errors import Conflict
from app.importer import Importer
from app.services.importing.jobs import embedding_progress, job_progress, run_job, start_job, stop_job
from app.services.importing.run import accept, choose, discard, get_import
from models.actor import Actor
from models.competence_map import CompetenceMap, ImportOptions, ImportReport, MapFields
from models.import_job import ImportJob


@pytest.fixture
def arrive(session: Session):
    """Keep a file on its way in, with a job that waits."""

    def _arrive(data: str, filename: str = "map.csv", **options: object) -> int:
        row = accept(
            session,
            fields=MapFields(name="map"),
            filename=filename,
            data=data.encode(),
            options=ImportOptions.model_validate(options),
        )
        start_job(session, import_id=row.id)
        session.commit()
        return row.id

    return _arrive


def state(session: Session, import_id: int) -> tuple[str, str]:
    session.expire_all()
    return get_import(session, import_id=import_id).state, job_progress(session, import_id=import_id).stage


def many(rows: int) -> str:
    return "Name;Country\n" + "".join(f"A{i};BE\n" for i in range(rows))


def test_reading_then_applying(session: Session, engine: Engine, arrive):
    number = arrive(lines(UPTEX), "actors.jsonl")
    assert state(session, number) == ("reading", "waiting")
    run_job(engine, import_id=number, work="read")
    assert state(session, number) == ("previewed", "done")
    assert ImportReport.model_validate(get_import(session, import_id=number).report).new == 1
    start_job(session, import_id=number)
    session.commit()
    run_job(engine, import_id=number, work="apply")
    assert state(session, number) == ("applied", "done")
    progress = job_progress(session, import_id=number)
    assert (progress.done, progress.total) == (1, 1)
    waits = embedding_progress(session, import_id=number, encoder="none")
    assert (waits.texts, waits.waiting) == (waits.texts, waits.texts)
    assert waits.texts > 0


def test_both_in_one_go_through_the_services_thread(session: Session, engine: Engine, arrive):
    importer = Importer(engine)
    number = arrive(many(3))
    importer.submit(number, "load").result(timeout=60)
    importer.stop()
    assert state(session, number) == ("applied", "done")


def test_a_file_that_cannot_be_read_is_told_and_can_be_corrected(session: Session, engine: Engine, arrive):
    number = arrive("Blabla;Land\nA;BE\n")
    run_job(engine, import_id=number, work="read")
    assert state(session, number) == ("failed", "failed")
    assert "no column holds the actors' names" in job_progress(session, import_id=number).cause
    choose(session, import_id=number, options=ImportOptions(mapping={"Blabla": "name"}))
    start_job(session, import_id=number)
    session.commit()
    run_job(engine, import_id=number, work="read")
    assert state(session, number) == ("previewed", "done")


def test_a_stop_leaves_nothing_of_what_is_applied_as_a_whole(session: Session, engine: Engine, arrive):
    number = arrive(many(1200))
    run_job(engine, import_id=number, work="read")
    start_job(session, import_id=number)
    session.commit()
    run_job(engine, import_id=number, work="apply", ending=ended())
    assert state(session, number) == ("previewed", "stopped")
    assert session.exec(select(func.count()).select_from(Actor)).one() == 0


def ended() -> threading.Event:
    """The service is ending: work stops at its next step."""
    ending = threading.Event()
    ending.set()
    return ending


def test_a_stop_is_heard_at_the_next_step(session: Session, engine: Engine, arrive):
    number = arrive(many(1200))
    session.get_one(ImportJob, number).stop_requested = True
    session.commit()
    run_job(engine, import_id=number, work="read")
    assert state(session, number) == ("reading", "stopped")


def test_what_is_stopped_before_its_turn_is_not_begun(session: Session, engine: Engine, arrive):
    number = arrive(many(2))
    stop_job(session, import_id=number)
    session.commit()
    run_job(engine, import_id=number, work="read")
    assert state(session, number) == ("reading", "stopped")
    start_job(session, import_id=number)
    session.commit()
    run_job(engine, import_id=number, work="read")
    assert state(session, number) == ("previewed", "done")


def test_what_is_resumable_goes_on_where_it_was_stopped(session: Session, engine: Engine, arrive):
    number = arrive(many(1200), resumable=True)
    run_job(engine, import_id=number, work="read")
    start_job(session, import_id=number)
    session.commit()
    run_job(engine, import_id=number, work="apply", ending=ended())
    assert state(session, number) == ("applying", "stopped")
    assert session.exec(select(func.count()).select_from(Actor)).one() == 500
    start_job(session, import_id=number)
    session.commit()
    run_job(engine, import_id=number, work="apply")
    assert state(session, number) == ("applied", "done")
    report = ImportReport.model_validate(get_import(session, import_id=number).report)
    assert (report.new, report.same) == (1200, 0)


def test_a_job_whose_process_died_is_lost_at_once_and_can_begin_again(session: Session, engine: Engine, arrive):
    number = arrive(many(2))
    job = session.get_one(ImportJob, number)
    job.stage = "reading"
    session.commit()
    assert state(session, number) == ("reading", "lost")
    start_job(session, import_id=number)
    session.commit()
    run_job(engine, import_id=number, work="read")
    assert state(session, number) == ("previewed", "done")


def test_two_never_work_on_one_import(session: Session, engine: Engine, arrive):
    number = arrive(many(2))
    with engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(20005, :n)"), {"n": number})
        run_job(engine, import_id=number, work="read")
        assert state(session, number) == ("reading", "waiting")
        with pytest.raises(Conflict, match="is being worked on"):
            start_job(session, import_id=number)
        other.execute(text("SELECT pg_advisory_unlock(20005, :n)"), {"n": number})


def test_a_file_can_be_set_aside_with_the_map_it_would_have_made(session: Session, engine: Engine, arrive):
    number = arrive(many(2))
    discard(session, import_id=number)
    session.commit()
    assert session.exec(select(CompetenceMap)).all() == []
    number = arrive(many(2))
    run_job(engine, import_id=number, work="load")
    with pytest.raises(Conflict, match="only what was never applied"):
        discard(session, import_id=number)
