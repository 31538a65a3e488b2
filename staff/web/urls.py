from django.urls import path

from staff.web import sign_in, style, views

app_name = "staff"

urlpatterns = [
    path("login/", sign_in.SignIn.as_view(), name="sign_in"),
    path("logout/", sign_in.SignOut.as_view(), name="sign_out"),
    path("language/", views.language, name="language"),
    path("app/me/", views.me, name="me"),
    path("app/me/password/", sign_in.PasswordChange.as_view(), name="password"),
    path("app/style/", style.style, name="style"),
]
