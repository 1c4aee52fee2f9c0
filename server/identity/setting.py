"""A tenant's settings: read, and changed for whoever has the tenant open."""

from tenancy.context import TenantContext
from tenancy.model.json import Json, JsonObject
from tenancy.model.settings import changed_settings
from tenancy.model.system import SETTINGS, SETTINGS_ID
from tenancy.writes import Create, Update


def shown_settings(context: TenantContext) -> JsonObject:
    """The settings that count now."""
    return context.settings.now.to_json()


async def change_settings(context: TenantContext, patch: Json) -> JsonObject:
    """Merge into the settings (RFC 7396); they count at once.

    Raises:
        Invalid: with the place that does not fit.
    """
    async with context.settings.changing:
        changed = changed_settings(context.settings.now, patch)
        kept: JsonObject = {"settings": changed.to_json()}
        write = Update(SETTINGS, SETTINGS_ID, kept, overwrite=True, otherwise=Create(SETTINGS, SETTINGS_ID, kept))
        before, context.settings.now = context.settings.now, changed  # whoever hears of the change asks anew
        try:
            await context.documents.commit([write])
        except BaseException:
            context.settings.now = before
            raise
    return shown_settings(context)
