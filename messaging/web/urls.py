"""Addresses of messages."""

from django.urls import path

from messaging.web import views

app_name = "messaging"
urlpatterns = [
    # /app/messages/
    path("messages/", views.message_list, name="message_list"),
    path("messages/inbox", views.inbox, name="inbox"),
    path("messages/wordings", views.wordings, name="wordings"),
    path("messages/<int:pk>/receipt", views.report, name="report"),
]
