from django.urls import path, register_converter

from casework.web import about, absences, evidence, inbox, notes, papers, task, words
from core.addresses import PlainConverter

register_converter(PlainConverter, "plain")
app_name = "casework"

urlpatterns = [
    path("tasks/", inbox.inbox_page, name="inbox"),
    path("tasks/several", inbox.several, name="several"),
    path("tasks/absences/", absences.absence_list, name="absences"),
    path("tasks/absences/<int:pk>/end", absences.take_back, name="take_back_absence"),
    path("tasks/about/<plain:word>/<plain:name>/", about.tasks_about, name="tasks_about"),
    path("tasks/<plain:number>/", task.task_page, name="task"),
    path("tasks/<plain:number>/take", task.take, name="take"),
    path("tasks/<plain:number>/give-back", task.give_back, name="give_back"),
    path("tasks/<plain:number>/hand-over", task.hand_over, name="hand_over"),
    path("tasks/<plain:number>/step", task.step, name="step"),
    path("tasks/<plain:number>/finish", task.finish, name="finish"),
    path("tasks/<plain:number>/drop", task.drop, name="drop"),
    path("tasks/<plain:number>/words/<int:pk>", words.reveal, name="words_reveal"),
    path("evidence/", evidence.evidence_list, name="evidence_list"),
    path("evidence/<plain:public_id>/", evidence.evidence_page, name="evidence"),
    path("evidence/<plain:public_id>/open", evidence.open_it, name="open_evidence"),
    path("evidence/<plain:public_id>/pages/<int:page>", evidence.page_image, name="evidence_page"),
    path("evidence/<plain:public_id>/file", evidence.download, name="evidence_file"),
    path("evidence/<plain:public_id>/hold", evidence.hold, name="hold_evidence"),
    path("evidence/<plain:public_id>/lift", evidence.lift, name="lift_hold"),
    path("evidence/<plain:public_id>/attach", evidence.attach_to, name="attach_evidence"),
    path("evidence/<plain:public_id>/detach", evidence.detach_from, name="detach_evidence"),
    path("notes/<plain:public_id>/", notes.note_page, name="note"),
    path("notes/<plain:public_id>/read", notes.mark_read, name="note_read"),
    path("notes/<plain:public_id>/reveal", notes.reveal, name="note_reveal"),
    path("papers/<plain:word>/<plain:name>/", papers.papers, name="papers"),
    path("papers/<plain:word>/<plain:name>/card", papers.card, name="papers_card"),
    path("papers/<plain:word>/<plain:name>/add", papers.add, name="add_evidence"),
    path("papers/<plain:word>/<plain:name>/note", papers.write_note, name="write_note"),
]
