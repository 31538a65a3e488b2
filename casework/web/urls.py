from django.urls import path, register_converter

from casework.web import about, absences, evidence, inbox, notes, papers, task


class SignConverter:
    """By what people and programs call an object: signs that can be printed. No object is called by anything else."""

    regex = r"[^/\x00-\x1f\x7f]{1,80}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


register_converter(SignConverter, "sign")
app_name = "casework"

urlpatterns = [
    path("tasks/", inbox.inbox_page, name="inbox"),
    path("tasks/several", inbox.several, name="several"),
    path("tasks/absences/", absences.absence_list, name="absences"),
    path("tasks/absences/<int:pk>/end", absences.take_back, name="take_back_absence"),
    path("tasks/about/<sign:word>/<sign:name>/", about.tasks_about, name="tasks_about"),
    path("tasks/<sign:number>/", task.task_page, name="task"),
    path("tasks/<sign:number>/take", task.take, name="take"),
    path("tasks/<sign:number>/give-back", task.give_back, name="give_back"),
    path("tasks/<sign:number>/hand-over", task.hand_over, name="hand_over"),
    path("tasks/<sign:number>/step", task.step, name="step"),
    path("tasks/<sign:number>/finish", task.finish, name="finish"),
    path("tasks/<sign:number>/drop", task.drop, name="drop"),
    path("evidence/", evidence.evidence_list, name="evidence_list"),
    path("evidence/<sign:public_id>/", evidence.evidence_page, name="evidence"),
    path("evidence/<sign:public_id>/open", evidence.open_it, name="open_evidence"),
    path("evidence/<sign:public_id>/pages/<int:page>", evidence.page_image, name="evidence_page"),
    path("evidence/<sign:public_id>/file", evidence.download, name="evidence_file"),
    path("evidence/<sign:public_id>/hold", evidence.hold, name="hold_evidence"),
    path("evidence/<sign:public_id>/lift", evidence.lift, name="lift_hold"),
    path("evidence/<sign:public_id>/attach", evidence.attach_to, name="attach_evidence"),
    path("notes/<sign:public_id>/", notes.note_page, name="note"),
    path("notes/<sign:public_id>/read", notes.mark_read, name="note_read"),
    path("notes/<sign:public_id>/reveal", notes.reveal, name="note_reveal"),
    path("papers/<sign:word>/<sign:name>/", papers.papers, name="papers"),
    path("papers/<sign:word>/<sign:name>/card", papers.card, name="papers_card"),
    path("papers/<sign:word>/<sign:name>/add", papers.add, name="add_evidence"),
    path("papers/<sign:word>/<sign:name>/note", papers.write_note, name="write_note"),
]
