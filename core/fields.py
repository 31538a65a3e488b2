"""Model fields shared by the apps."""

from typing import Any

from django.db import models

from core.encryption import decrypt, encrypt


class _Sealed(str):
    """A text that remembers its ciphertext: stored unchanged, it stays byte for byte the same, so that a history row
    written for another reason does not look as if the personal data had changed too."""

    token: str

    def __new__(cls, text: str, token: str) -> "_Sealed":
        sealed = super().__new__(cls, text)
        sealed.token = token
        return sealed

    def __reduce__(self) -> tuple[Any, ...]:
        return _Sealed, (str(self), self.token)


class EncryptedTextField(models.TextField):
    """Plain ``str`` in Python, ciphertext in the database. Cannot be searched: keep a blind index beside it."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if value and not isinstance(value, _Sealed):
            value = _Sealed(value, encrypt(str(value)))
            setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, _Sealed):
            return value.token
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, expression: object, connection: Any) -> str | None:
        return _Sealed(decrypt(value), value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name not in {"isnull", "exact"}:
            raise TypeError(f"{self.name} is encrypted; search its blind index instead")
        return super().get_lookup(lookup_name)


def money_field(**options: Any) -> models.DecimalField:
    """An amount in major units: numeric(14,2)."""
    return models.DecimalField(max_digits=14, decimal_places=2, **options)


def exact_field(**options: Any) -> models.DecimalField:
    """An unrounded accrual or a rate: numeric(20,8)."""
    return models.DecimalField(max_digits=20, decimal_places=8, **options)
