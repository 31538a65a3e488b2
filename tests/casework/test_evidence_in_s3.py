"""Evidence in a bucket instead of a folder: against a real server of the protocol, by setting alone; sealed there too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from importlib.util import find_spec
from typing import Any

import pytest
from django.core.files.storage import storages
from django.utils import timezone

from casework import clock, keeping, retention
from casework.evidence import bytes_of
from tests.borrowers.factories import BorrowerFactory
from tests.casework import files
from tests.casework.papers import kept

MISSING = [name for name in ("storages", "boto3", "moto") if find_spec(name) is None]
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.machine,
    pytest.mark.skipif(
        bool(MISSING),
        reason=f"no S3 here ({', '.join(MISSING)} missing): pip install 'moto[server]' 'django-storages[s3]'",
    ),
]
ACCESS = {"access_key": "tests", "secret_key": "tests", "region_name": "us-east-1"}


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The bucket of evidence, as whoever runs it sees it."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    server.start()
    try:
        host, port = server.get_host_and_port()
        options = {**ACCESS, "endpoint_url": f"http://{host}:{port}", "bucket_name": "evidence"}
        backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "evidence": backend}
        bucket = storages["evidence"].bucket
        bucket.create()
        yield bucket
    finally:
        server.stop()


def test_kept_opened_listed_and_wiped_in_a_bucket(bucket: Any) -> None:
    evidence = kept(BorrowerFactory(), files.SECRET.encode() * 50_000, kind="other", name="a.txt", on=date(2026, 6, 1))
    (lying,) = bucket.objects.all()
    held = lying.get()["Body"].read()
    assert lying.key == f"{evidence.storage_key[:2]}/{evidence.storage_key}" and len(held) > evidence.size
    assert files.SECRET.encode() not in held and b"hospital-4711" not in held
    assert bytes_of(evidence) == files.SECRET.encode() * 50_000
    assert list(keeping.older_than(timezone.now() + timedelta(hours=1))) == [evidence.storage_key]
    assert retention.wipe_what_is_due(date(2031, 6, 1), now=clock.now()) == 1
    assert list(bucket.objects.all()) == []


def test_what_is_gone_from_the_bucket_is_told_by_name(bucket: Any) -> None:
    evidence = kept(BorrowerFactory())
    bucket.objects.all().delete()
    with pytest.raises(keeping.EvidenceMissing):
        bytes_of(evidence)


def test_an_orphan_in_the_bucket_is_removed(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence, lost = kept(BorrowerFactory()), keeping.keep([b"lost"])
    monkeypatch.setattr(retention, "ORPHANS_AFTER", timedelta(seconds=-60))
    assert retention.drop_orphans() == 1
    assert [one.key for one in bucket.objects.all()] == [f"{evidence.storage_key[:2]}/{evidence.storage_key}"]
    assert lost != evidence.storage_key
