"""Ties between accounts, written whichever door a person came through."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models.signals import m2m_changed, post_save, pre_save
from django.dispatch import receiver

from staff.models import AccountTie, User
from staff.ties import tie


@receiver(pre_save, sender=User, dispatch_uid="staff.password_before")
def _password_before(*, instance: Any, update_fields: Iterable[str] | None, **_signal: object) -> None:
    if instance.pk is not None and (update_fields is None or "password" in update_fields):
        before = User.objects.filter(pk=instance.pk).values_list("password", flat=True).first()
        instance.password_was_set = before is not None and before != instance.password


@receiver(post_save, sender=User, dispatch_uid="staff.account_made")
def _account_made(*, instance: Any, created: bool, **_signal: object) -> None:
    if created:
        tie(instance, AccountTie.What.MADE)
    elif instance.__dict__.pop("password_was_set", False):
        tie(instance, AccountTie.What.PASSWORD)


@receiver(m2m_changed, sender=User.groups.through, dispatch_uid="staff.roles_given")
@receiver(m2m_changed, sender=User.user_permissions.through, dispatch_uid="staff.rights_given")
def _given(*, instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **_signal: object) -> None:
    if action == "post_add":
        accounts = User.objects.filter(pk__in=pk_set or ()) if reverse else [instance]
        for account in accounts:
            tie(account, AccountTie.What.ROLES)
