"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from dashboard.web.charsets import refuse_other_charsets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
application = refuse_other_charsets(get_wsgi_application())
