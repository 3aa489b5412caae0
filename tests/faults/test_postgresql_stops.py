"""PostgreSQL stopped and started under load: 503 in between, 201 after it without a restart, and nothing lost."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from tests.faults.ledger import listed, prove
from tests.faults.load import Load
from tests.faults.server import Server
from tests.faults.support import Place, Report
from tests.postgres import Cluster


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_database_server_that_stops_and_comes_back_costs_no_accepted_submission(
    mode: Literal["fast", "immediate"],
    cluster: Cluster,
    postgresql: Place,
    times: int,
    rng: np.random.Generator,
    tmp_path: Path,
    report: Report,
) -> None:
    waits = []
    with Server(tmp_path, postgresql.settings) as server:
        with Load([server.port]) as load:
            for more in rng.integers(1, 200, times):
                load.wait_for(201, int(more))
                cluster.stop(mode)
                load.wait_for(503, 5)
                cluster.start()
                waits.append(load.wait_for(201))
        proof = prove(load, listed(server.port))
    report(f"PostgreSQL stopped ({mode}), {times} times", "PostgreSQL", proof, max(waits))
    proof.check()
