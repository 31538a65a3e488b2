"""Addresses of the business day and of the guided story."""

from django.urls import path, register_converter

from operations.web import demo, verifications, views


class DayConverter:
    """A date in an address: 2026-06-15."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


register_converter(DayConverter, "day")
app_name = "operations"

urlpatterns = [
    # /app/end-of-day/
    path("end-of-day/", views.overview, name="end_of_day"),
    path("end-of-day/close", views.close, name="close_day"),
    path("end-of-day/catch-up", views.catch_up, name="catch_up"),
    path("end-of-day/jobs/<int:job_id>", views.job, name="job"),
    path("end-of-day/<day:on>/", views.run, name="run"),
    path("end-of-day/<day:on>/progress", views.progress, name="run_progress"),
    # /app/books/verification/
    path("books/verification/", verifications.overview, name="verifications"),
    path("books/verification/start", verifications.start, name="verification_start"),
    path("books/verification/<int:run_id>/", verifications.run, name="verification"),
    path("books/verification/<int:run_id>/progress", verifications.progress, name="verification_progress"),
    path("books/verification/<int:run_id>/resume", verifications.resume, name="verification_resume"),
    path("books/verification/<int:run_id>/cancel", verifications.cancel, name="verification_cancel"),
    # /app/demo/
    path("demo/", demo.story, name="demo"),
    path("demo/begin", demo.begin, name="demo_begin"),
    path("demo/step", demo.step, name="demo_step"),
    path("demo/advance", demo.advance, name="demo_advance"),
    path("demo/progress/<int:job_id>", demo.progress, name="demo_progress"),
]
