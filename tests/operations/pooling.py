"""A real PgBouncer that lends connections by transaction, in front of the database of a test."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from django.db import connection

PROGRAM = shutil.which("pgbouncer") or next((path for path in ("/usr/sbin/pgbouncer",) if Path(path).exists()), None)
PORT = 6432


@contextmanager
def pooler(connections: int) -> Iterator[str]:
    """The address of the test database by way of a pool of so many connections."""
    at = connection.settings_dict
    assert PROGRAM is not None
    with TemporaryDirectory(prefix="ld-pool-") as folder:
        settings = Path(folder) / "pgbouncer.ini"
        port = f" port={at['PORT']}" if at["PORT"] else ""
        settings.write_text(
            f"[databases]\n{at['NAME']} = host={at['HOST']}{port} user={at['USER']}\n"
            f"[pgbouncer]\nlisten_addr =\nlisten_port = {PORT}\nunix_socket_dir = {folder}\nauth_type = any\n"
            f"pool_mode = transaction\ndefault_pool_size = {connections}\nserver_round_robin = 1\nlogfile = {folder}/log\n"
        )
        # As the embedded server: the program refuses to run as root, in a namespace of its own root looks like a user.
        as_user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.getuid() == 0 else []
        process = subprocess.Popen([*as_user, PROGRAM, "-q", str(settings)], stderr=subprocess.DEVNULL)
        try:
            _wait_until_it_answers(folder, process)
            yield f"postgresql://{at['USER']}@/{at['NAME']}?host={folder}&port={PORT}"
        finally:
            process.kill()
            process.wait()


def _wait_until_it_answers(folder: str, process: subprocess.Popen[bytes]) -> None:
    at = connection.settings_dict
    while True:
        assert process.poll() is None, (Path(folder) / "log").read_text()
        try:
            psycopg.connect(host=folder, port=PORT, user=at["USER"], dbname=at["NAME"]).close()
        except psycopg.OperationalError:
            continue
        return
