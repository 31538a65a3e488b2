from partners.api import views
from partners.api.routes import route

urlpatterns = [
    route("me", views.Me.as_view(), "me"),
    route("errors", views.Errors.as_view(), "errors"),
]
