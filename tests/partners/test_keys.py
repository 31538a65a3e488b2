"""Clients and keys: recognised only when everything is right, and never readable again."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from partners import keys
from partners.models import ApiKey
from tests.partners.factories import ApiClientFactory, ApiKeyFactory, IssuedKeyFactory

pytestmark = pytest.mark.django_db


def recognise(token, address="203.0.113.7", at=None):
    return keys.recognise(token=token, address=address, at=at or timezone.now())


def test_a_token_is_recognised_with_its_client():
    lilac = ApiClientFactory(name="Lilac Phones")
    issued = IssuedKeyFactory(client=lilac, scopes=["loans:read"])

    key = recognise(issued.token)

    assert key.client == lilac
    assert key.allows("loans:read")
    assert not key.allows("repayments:write")


def test_the_secret_is_nowhere_in_the_database():
    issued = IssuedKeyFactory()
    secret = issued.token.partition(".")[2]

    row = ApiKey.objects.filter(pk=issued.key.pk).values().get()
    history = issued.key.history.values().get()

    assert secret not in str(row)
    assert "secret_hash" not in history


@pytest.mark.parametrize(
    "spoil",
    [lambda t: t[:-1], lambda t: t + "x", lambda t: t.partition(".")[0], lambda t: "", lambda t: "lk_test_0000.abc"],
)
def test_a_spoiled_token_is_refused(spoil):
    token = IssuedKeyFactory().token

    with pytest.raises(keys.KeyNotAccepted):
        recognise(spoil(token))


def test_another_pepper_makes_every_key_useless():
    token = IssuedKeyFactory().token

    with (
        override_settings(API_KEY_PEPPER="another pepper of at least thirty-two characters"),
        pytest.raises(keys.KeyNotAccepted),
    ):
        recognise(token)


def test_a_test_key_does_not_open_a_live_house():
    token = IssuedKeyFactory().token

    with override_settings(DEMO=False), pytest.raises(keys.KeyNotAccepted):
        recognise(token)


def test_an_expired_key_is_refused_from_that_instant_on():
    end = timezone.now() + timedelta(hours=1)
    token = IssuedKeyFactory(expires_at=end).token

    recognise(token, at=end - timedelta(seconds=1))
    with pytest.raises(keys.KeyNotAccepted):
        recognise(token, at=end)


def test_a_revoked_key_is_refused():
    issued = IssuedKeyFactory()
    keys.revoke_key(key_id=issued.key.pk, at=timezone.now())

    with pytest.raises(keys.KeyNotAccepted):
        recognise(issued.token)


def test_two_keys_live_at_once_and_a_third_is_refused_until_one_is_revoked():
    lilac = ApiClientFactory()
    first, second = IssuedKeyFactory(client=lilac), IssuedKeyFactory(client=lilac)
    recognise(first.token)
    recognise(second.token)

    with pytest.raises(keys.TooManyKeys):
        IssuedKeyFactory(client=lilac)
    keys.revoke_key(key_id=first.key.pk, at=timezone.now())

    assert ApiKeyFactory(client=lilac).pk


def test_a_suspended_client_is_told_so_and_let_in_again_when_reinstated():
    lilac = ApiClientFactory()
    token = IssuedKeyFactory(client=lilac).token
    keys.suspend_client(client_id=lilac.pk)

    with pytest.raises(keys.ClientSuspended):
        recognise(token)
    keys.reinstate_client(client_id=lilac.pk)

    assert recognise(token).client == lilac


def test_only_allowed_networks_may_call():
    token = IssuedKeyFactory(client__allowed_addresses=["203.0.113.0/28", "2001:db8::/32"]).token

    recognise(token, address="203.0.113.7")
    recognise(token, address="2001:db8::1")
    for stranger in ("203.0.113.99", "", "not an address"):
        with pytest.raises(keys.AddressNotAllowed):
            recognise(token, address=stranger)


def test_a_malformed_network_is_refused_by_name():
    with pytest.raises(keys.NetworkInvalid, match="three-oh-three"):
        ApiClientFactory(allowed_addresses=["three-oh-three"])


@pytest.mark.parametrize(("scopes", "refusal"), [([], keys.ScopesMissing), (["loans:burn"], keys.ScopeUnknown)])
def test_scopes_must_exist(scopes, refusal):
    with pytest.raises(refusal):
        IssuedKeyFactory(scopes=scopes)


def test_a_read_only_key_keeps_its_writing_scopes_asleep():
    key = ApiKeyFactory(scopes=["loans:read", "repayments:write", "offers:accept"], read_only=True)

    assert key.allows("loans:read")
    assert not key.allows("repayments:write")
    assert not key.allows("offers:accept")


def test_last_use_is_noted_once_a_minute():
    token = IssuedKeyFactory().token
    first = timezone.now()

    recognise(token, at=first)
    recognise(token, at=first + timedelta(seconds=30))
    assert ApiKey.objects.get().last_used_at == first
    recognise(token, at=first + timedelta(seconds=60))

    assert ApiKey.objects.get().last_used_at == first + timedelta(seconds=60)


def test_a_client_acts_as_a_user_who_cannot_sign_in():
    user = ApiClientFactory().acts_as

    assert not user.has_usable_password()
    assert str(user) == "Lilac Phones"


def test_two_clients_do_not_share_a_name():
    keys.make_client(name="Harbour Pay")

    with pytest.raises(keys.ClientNameTaken):
        keys.make_client(name="Harbour Pay")
