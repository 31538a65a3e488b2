from django.urls import path

from casework.web import absences, inbox, task

app_name = "casework"

urlpatterns = [
    path("tasks/", inbox.inbox_page, name="inbox"),
    path("tasks/several", inbox.several, name="several"),
    path("tasks/absences/", absences.absence_list, name="absences"),
    path("tasks/absences/<int:pk>/end", absences.take_back, name="take_back_absence"),
    path("tasks/<str:number>/", task.task_page, name="task"),
    path("tasks/<str:number>/take", task.take, name="take"),
    path("tasks/<str:number>/give-back", task.give_back, name="give_back"),
    path("tasks/<str:number>/hand-over", task.hand_over, name="hand_over"),
    path("tasks/<str:number>/step", task.step, name="step"),
    path("tasks/<str:number>/finish", task.finish, name="finish"),
    path("tasks/<str:number>/drop", task.drop, name="drop"),
]
