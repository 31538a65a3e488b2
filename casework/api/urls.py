from casework.api import task_views, views
from partners.api.routes import route

urlpatterns = [
    route("evidence_uploads", views.Uploads.as_view(), "evidence_uploads"),
    route("evidence_uploads/<eup:upload_id>", views.UploadDetail.as_view(), "evidence_upload"),
    route("evidence_uploads/<eup:upload_id>/parts", views.UploadParts.as_view(), "evidence_upload_parts"),
    route("evidence_uploads/<eup:upload_id>/finish", views.UploadFinish.as_view(), "evidence_upload_finish"),
    route("tasks", task_views.Tasks.as_view(), "tasks"),
    route("tasks/<tsk:task_id>", task_views.TaskDetail.as_view(), "task"),
    route("tasks/<tsk:task_id>/answer", task_views.TaskAnswer.as_view(), "task_answer"),
    route("house_tasks", task_views.HouseTasks.as_view(), "house_tasks"),
    route("house_tasks/<tsk:task_id>", task_views.HouseTaskDetail.as_view(), "house_task"),
    route("house_tasks/<tsk:task_id>/take", task_views.HouseTaskTake.as_view(), "house_task_take"),
    route("house_tasks/<tsk:task_id>/give_back", task_views.HouseTaskGiveBack.as_view(), "house_task_give_back"),
    route("house_tasks/<tsk:task_id>/finish", task_views.HouseTaskFinish.as_view(), "house_task_finish"),
    route("house_tasks/<tsk:task_id>/drop", task_views.HouseTaskDrop.as_view(), "house_task_drop"),
    route("evidence", views.EvidenceList.as_view(), "evidence"),
    route("evidence/<evd:evidence_id>", views.EvidenceDetail.as_view(), "evidence_item"),
]
