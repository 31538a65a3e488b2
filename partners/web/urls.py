from django.urls import path

from partners.web import views

app_name = "partners"
urlpatterns = [
    # /app/partners/
    path("partners/", views.client_list, name="clients"),
    path("partners/new", views.new_client, name="new_client"),
    path("partners/<str:public_id>", views.client_detail, name="client"),
    path("partners/<str:public_id>/change", views.change_client, name="change_client"),
    path("partners/<str:public_id>/suspend", views.suspend_client, name="suspend_client"),
    path("partners/<str:public_id>/reinstate", views.reinstate_client, name="reinstate_client"),
    path("partners/<str:public_id>/keys/new", views.new_key, name="new_key"),
    path("partners/<str:public_id>/keys/<int:pk>/revoke", views.revoke_key, name="revoke_key"),
]
