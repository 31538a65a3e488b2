"""Acts on running loans as partners send and see them."""

from datetime import date
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from loans.events.act_kinds import ActKind, act_kind, act_kinds
from loans.events.act_parameters import Sort, read_values
from loans.models import ActStatus, LoanAct
from partners.api.fields import MONEY_SCHEMA, Constant, InItsCurrency, InstantField, LiveMode, MoneyField
from partners.api.problems import escaped
from partners.api.schema import example, fen


@example(kind="fee_added", parameters={"amount": fen(2_500)}, reason="copy of the contract by post")
class ActInput(serializers.Serializer[Any]):
    """An act wished for. ``parameters`` are those of its kind: money as everywhere, rates as text, days in ISO form."""

    kind = serializers.CharField(max_length=40, help_text="See the list of kinds.")
    parameters = serializers.DictField(default=dict, help_text="By name, as the kind asks for them.")
    effective_on = serializers.DateField(required=False, help_text="The day it counts from; today if not sent.")
    reason = serializers.CharField(max_length=200)


def values_of(kind: ActKind, given: dict[str, Any]) -> dict[str, Any]:
    """The parameters of an act as the use case takes them. Raises what ``read_values`` raises, and DRF's for money, each by
    the place of the parameter in the body."""
    money = {parameter.name for parameter in kind.parameters if parameter.sort is Sort.MONEY}
    return read_values(
        kind.parameters, {name: _as_text(name, value) if name in money else value for name, value in given.items()}
    )


def _as_text(name: str, value: Any) -> str:
    try:
        return str(MoneyField().run_validation(value))
    except serializers.ValidationError as refusal:
        raise serializers.ValidationError({"parameters": {name: refusal.detail}}) from refusal


def place_of(field: str, body: Any) -> str:
    """Where in the body of an act stands what a use case calls ``field``: a parameter, or the day the act counts from."""
    code = body.get("kind") if isinstance(body, dict) else None
    kind = next((kind for kind in act_kinds() if kind.code == code), None)
    if kind is None or field in {"kind", "reason", "effective_on"}:
        return field
    if field == "received_on" and field not in {parameter.name for parameter in kind.parameters}:
        return "effective_on"
    return f"parameters/{escaped(field)}"


@example(reason="recorded on the wrong loan")
class UndoInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


class ParameterSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    sort = serializers.CharField(help_text="money, rate (a fraction), count, date, choice, flag or text.")
    label = serializers.CharField()  # type: ignore[assignment]
    required = serializers.BooleanField()  # type: ignore[assignment]
    choices = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_choices(self, parameter: Any) -> list[str]:
        return [code for code, _label in parameter.choices]


class ActKindSerializer(serializers.Serializer[Any]):
    object = Constant("act_kind")
    kind = serializers.CharField(source="code")
    label = serializers.CharField()  # type: ignore[assignment]
    hint = serializers.CharField()
    can_be_undone = serializers.BooleanField()
    parameters = ParameterSerializer(many=True)


class ActSerializer(InItsCurrency):
    object = Constant("loan_act")
    id = serializers.CharField(source="public_id")
    loan = serializers.CharField(source="loan.public_id")
    kind = serializers.CharField()
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    parameters = serializers.SerializerMethodField()
    effective_on = serializers.DateField()
    recorded_on = serializers.DateField()
    status = serializers.ChoiceField(ActStatus.choices)
    undone_on = serializers.DateField(allow_null=True)
    reason = serializers.CharField()
    created_at = InstantField(source="recorded_at")
    livemode = LiveMode()

    def get_label(self, act: LoanAct) -> str:
        return str(act_kind(act.kind).label)

    @extend_schema_field(serializers.DictField())
    def get_parameters(self, act: LoanAct) -> dict[str, Any]:
        money = {x.name for x in act_kind(act.kind).parameters if x.sort is Sort.MONEY}
        show = MoneyField().to_representation
        return {
            name: show(Decimal(value)) if name in money and value is not None else value
            for name, value in act.parameters.items()
        }


class PlannedRowSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    due_on = serializers.DateField()
    principal = MoneyField()
    interest = MoneyField()
    fee = MoneyField()


class RowPairSerializer(serializers.Serializer[Any]):
    before = PlannedRowSerializer(allow_null=True)
    after = PlannedRowSerializer(allow_null=True)


class JournalLineSerializer(serializers.Serializer[Any]):
    account = serializers.CharField(source="account_id")
    debit = MoneyField()
    credit = MoneyField()


FIGURE_SCHEMA = {
    "oneOf": [MONEY_SCHEMA, {"type": "string"}, {"type": "integer"}],
    "nullable": True,
    "description": "Money where the figure is an amount; a date or a word as text; days as a number.",
}


class FigureSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    before = serializers.SerializerMethodField()
    after = serializers.SerializerMethodField()

    @extend_schema_field(FIGURE_SCHEMA)
    def get_before(self, figure: Any) -> Any:
        return _outside(figure.before)

    @extend_schema_field(FIGURE_SCHEMA)
    def get_after(self, figure: Any) -> Any:
        return _outside(figure.after)


class ActPreviewSerializer(serializers.Serializer[Any]):
    """What the act would leave behind; nothing of it is stored."""

    object = Constant("act_preview")
    figures = FigureSerializer(many=True)
    schedule = serializers.SerializerMethodField()
    journal = serializers.SerializerMethodField()

    @extend_schema_field(RowPairSerializer(many=True))
    def get_schedule(self, preview: Any) -> Any:
        return RowPairSerializer([pair for pair in preview.rows if pair.changed], many=True).data

    @extend_schema_field(JournalLineSerializer(many=True))
    def get_journal(self, preview: Any) -> Any:
        return JournalLineSerializer([line for _entry, lines in preview.entries for line in lines], many=True).data


class RepaymentPreviewSerializer(ActPreviewSerializer):
    """What a repayment or its reversal would leave behind; nothing of it is stored."""

    object = Constant("repayment_preview")


def _outside(value: Any) -> Any:
    """A figure of a position as every other answer writes it: all its decimals are money."""
    if isinstance(value, Decimal):
        return MoneyField().to_representation(value)
    return value.isoformat() if isinstance(value, date) else value
