from celery import Celery
from celery.schedules import crontab

from shop.tickets import label_all

app = Celery("shop")
app.conf.beat_schedule = {
    "label-tickets": {"task": "shop.celery.label_tickets", "schedule": crontab(hour=2, minute=30)},
}


@app.task
def label_tickets():
    label_all()
