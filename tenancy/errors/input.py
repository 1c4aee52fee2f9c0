"""What is wrong with a caller's input."""

from tenancy.errors.base import Refused


class Invalid(Refused):
    """A value has the wrong type, form or size."""

    status, code, title = 400, "invalid_request", "The request is not valid"
    hint = "Correct the places listed in errors."

    def _usual(self) -> str:
        return self.hint if self.places or self.hint != Invalid.hint else "Correct the request, and send it again."


class BadJson(Invalid):
    """The body is not JSON in UTF-8, or is nested too deeply."""

    code, title = "bad_json", "The body is not valid JSON"
    hint = "Send one JSON value in UTF-8 with Content-Type: application/json."


class BadFilter(Invalid):
    """The filter uses something outside the query language."""

    code, title = "bad_filter", "The filter is not valid"
    hint = "The operators are those of docs/query-language.md; the place of the mistake is in errors."


class BadSort(Invalid):
    """The sort is not a list of paths."""

    code, title = "bad_sort", "The sort is not valid"
    hint = "Write field names separated by commas, with - before a descending one: -price,brand."


class BadCursor(Invalid):
    """The cursor was not made for this collection, filter and sort."""

    code, title = "bad_cursor", "The cursor is not valid here"
    hint = "Use a cursor only with the same collection, filter and sort, or start again without one."


class BadUpdate(Invalid):
    """The update uses something outside the operators, or does not fit the document."""

    code, title = "bad_update", "The update is not valid"
    hint = (
        "Operators: $set $unset $inc $mul $min $max $rename $push $addToSet $pull $pullAll $pop $currentDate; "
        "a body without them is merged."
    )


class BadPipeline(Invalid):
    """The pipeline uses something outside the stages and expressions, or does not fit the documents."""

    code, title = "bad_pipeline", "The pipeline is not valid"
    hint = "Stages: $match $group $sort $project $limit $skip $unwind $count $lookup."


class SchemaViolated(Invalid):
    """The document is not what the collection's schema asks for; carries places in the document."""

    code, title = "schema_violated", "The document does not fit the collection's schema"
    hint = "Correct the places listed in errors, or change the collection's schema."


class QueryTooExpensive(Invalid):
    """The query would examine more documents than the limit."""

    code, title = "query_too_expensive", "The query examines too many documents"
    hint = "Declare an index on the fields that you filter and sort by."
