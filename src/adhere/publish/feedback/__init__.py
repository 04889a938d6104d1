"""Pages on which people object, vote, moderate and see what became of it; beside the live site."""

from adhere.publish.feedback.desk import feedback_routes
from adhere.publish.feedback.mailing import FolderMailer, SmtpMailer, open_mailer
from adhere.publish.feedback.showing import FeedbackPages

__all__ = ["FeedbackPages", "FolderMailer", "SmtpMailer", "feedback_routes", "open_mailer"]
