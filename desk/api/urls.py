from desk.api.views import Enums
from partners.api.routes import route

urlpatterns = [route("enums", Enums.as_view(), "enums")]
