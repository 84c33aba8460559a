"""What is true of the code: the frozen records that every layer above reads, and their JSON (schema version 1).

A `CallSite` is one place in the code that can send a request to a model (or constructs a model object that will).
An unknown is `None` or "unknown", never a guess. `CallSite.to_json()` is the line that `llmlint facts` prints and the
object that rules see as `call`.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import Any, Literal, NamedTuple

from llmlint.light import dataclass

SCHEMA = 1
LEAVES = frozenset({str, int, float, bool, type(None)})

# "config": a model named in a configuration file, as rules see it; no call site of the facts has this kind
Kind = Literal["generate", "embed", "batch", "fine_tune", "count", "image", "audio", "constructor", "config"]
Receiver = Literal["local", "attribute", "module", "imported", "parameter", "factory", "module-api"]
How = Literal["literal", "constant", "default-arg", "attribute-default", "config", "dynamic"]
Tier = Literal["small", "medium", "large", "frontier"]
CapState = Literal["set", "missing", "unknown", "not-applicable"]
# what a loop around a request repeats: one request per item of a collection; the same request again after a failure;
# a turn of a person; a step of an agent, which goes on until the model says that it is done; a wait for a result
LoopClass = Literal["items", "attempts", "conversation", "agent", "poll"]


@dataclass(frozen=True, slots=True)
class ModelFact:
    """Which model is asked. `values` holds every id that can reach the call, sorted; empty when none can be known."""

    values: tuple[str, ...] = ()
    how: How = "dynamic"
    tier: Tier | None = None  # the highest tier among `values`; None where one of them is not in the catalogue


@dataclass(frozen=True, slots=True)
class CapFact:
    """Is the length of the answer limited? `value` in tokens where one number is certain (of several the largest)."""

    state: CapState = "unknown"
    value: int | None = None
    keyword: str | None = None  # the SDK's own keyword that a fix would set here: max_tokens, max_output_tokens …
    required: bool = False  # the API refuses a request without it


class Sketch(NamedTuple):
    """Of a text: enough to tell whether another is the same or alike (`tasks/sketch.py`)."""

    chars: int
    digest: str
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PromptFact:
    """The constant text before the first thing that varies, in the provider's order (tools, system, messages).

    static_chars: characters of that constant prefix; static_tokens: its estimated tokens; both None where unknown.
    constant_tokens: estimated tokens of all constant text, also of what stands behind something that varies; where
    several texts can stand there, with the longest of them, in least_tokens with the shortest.
    cached: an explicit cache mark, or the SDK's automatic option, reaches the request (None: unknown).
    dynamic_before_static: something that varies stands before a constant part of at least 1,000 characters.
    cache_minimum: tokens below which the provider may cache nothing for this model (None: unknown, or automatic);
    cache_floor: below which it certainly caches nothing.
    cache_mode: "explicit" (the code must mark a breakpoint), "automatic" (the provider caches by itself), None unknown.
    system_fixable: the system prompt is a plain string keyword that a fix can wrap into a cached block.
    text: the prompt with {name} where a value goes in; never printed, logged or stored.
    variants: where callers pass different texts, each of them; `text` has the longest. Treated as `text` is.
    sketch: what is kept of the text, which cannot be read from it; None where the text itself is there, or unknown.
    constant: nothing varies in it, so every call sends the same; media: images, sound or files are sent (None:
    unknown).
    varies: what varies before or inside the constant part, as written, and where: "datetime.now() (app/x.py:12)".
    hidden_tokens: estimated tokens of constant text that stand behind what `varies` and could be read from the cache.
    breakpoints: how many explicit cache marks reach the request; cached_tokens: estimated tokens before the last of
    them; ttl: "5m" or "1h", the longest that a mark asks for (each None: unknown).
    tool_tokens: of constant_tokens, what the descriptions and schemas of tools take, as far as the code shows them;
    None where it shows none.
    history: earlier turns are sent again: "none", "bounded" (cut, summarized, counted), "unbounded" (grows and is sent
    whole); None unknown.
    """

    static_chars: int | None = None
    static_tokens: int | None = None
    constant_tokens: int | None = None
    least_tokens: int | None = None
    cached: bool | None = None
    dynamic_before_static: bool = False
    source: tuple[str, ...] = ()
    cache_minimum: int | None = None
    cache_floor: int | None = None
    cache_mode: Literal["explicit", "automatic"] | None = None
    system_fixable: bool = False
    text: str | None = field(default=None, repr=False)
    variants: tuple[str, ...] = field(default=(), repr=False)
    sketch: Sketch | None = field(default=None, repr=False)
    constant: bool | None = None
    media: bool | None = None
    speaks_of_json: bool | None = None  # the text does, so the answer may be a record (None: not seen)
    varies: tuple[str, ...] = ()
    hidden_tokens: int | None = None
    breakpoints: int | None = None
    cached_tokens: int | None = None
    ttl: str | None = None
    tool_tokens: int | None = None
    history: Literal["none", "bounded", "unbounded"] | None = None


@dataclass(frozen=True, slots=True)
class AnswerFact:
    """What the code does with the answer; None where that is unknown.

    reads: only the "first" of several candidates, or "all". labels: texts that the answer is compared with.
    usage: the answer's token counts are read. stream_end: a stream is read to its "end" although nothing more is
    needed, "left" early but closed, or "unclosed". streamed_on: pieces are handed to whoever waits as they come.
    cut_at: the code keeps what stands before this text and throws the rest away: "</answer>", a line's end.
    """

    reads: Literal["first", "all"] | None = None
    labels: tuple[str, ...] = ()
    usage: bool | None = None
    stream_end: Literal["end", "needless-end", "left", "unclosed"] | None = None
    streamed_on: bool | None = None
    cut_at: str | None = None


@dataclass(frozen=True, slots=True)
class RetryFact:
    """Who asks again after a failure.

    by: "tenacity" and the like, "loop", or the name of a decorator of the project's own; where: "path:line"; limit:
    tries at most, None where there is none or it is unknown, `limited` tells which; backoff: waits longer each time
    (None: unknown). on: the errors after which it asks again, () for any, None where unknown; answers: it also throws
    away answers that came and were paid for.
    """

    by: str
    where: str
    limited: bool | None = None
    limit: int | None = None
    backoff: bool | None = None
    on: tuple[str, ...] | None = None
    answers: bool | None = None


@dataclass(frozen=True, slots=True)
class ContextFact:
    """Where the call runs. None means unknown, False means looked at and not so.

    scheduled, handler, limited, remembered, traced: what was found on the way from an entry point to the call, as
    {"by": "celery-beat", "where": "app/celery.py:31"}; scheduled may say "every": "0 3 * * *", handler has "function".
    handler: what answers a person's or a program's request (a route, a bot's command, a Lambda function).
    callers_key: such a handler takes the key for the model out of the request, so the caller pays (None: not seen).
    streams_beside: it can also stream: the handler itself does, or what it calls in its file, or one that is named
    alike (`chat`, `chat_stream`); None: no.
    limited: the rate limiter; remembered: the cache of answers, exact or semantic; traced: what records usage or cost.
    Each is None where none was found; `rate_limited`, `answer_cached`, `is_traced` say whether that is certain.
    loop_class, loop_bounded: of the innermost loop that repeats the request, here or in a caller; one that only tries
    again (`retry` tells more of it) counts where there is no other. loop_where: its head and place.
    """

    offline: bool | None = None  # a script, job, benchmark or notebook: nobody waits for the single answer
    offline_why: str | None = None  # "called from the __main__ block of scripts/run.py:12"
    user_facing: bool | None = None
    scheduled: dict[str, str] | None = None  # {"by": "celery-beat", "where": "app/celery.py:31"}
    entry_points: tuple[str, ...] = ()  # "module:function", outermost callers that reach the call
    loop: str | None = None  # what repeats the call: "for loop over `rows` (app/x.py:10)"
    loop_via: str | None = None  # the function whose call is repeated, where the loop stands in a caller
    loop_handful: bool | None = None  # it goes over a list that is written out in the code
    loop_until: bool | None = None  # an answer that will do ends it: no request can be made before the last is answered
    loop_together: bool | None = None  # its answers are put into another request of the same run
    loop_far: bool | None = None  # it stands more than one caller away; such a call is not `repeated`
    loop_class: LoopClass | None = None
    loop_bounded: bool | None = None  # steps, tokens, money or time are limited
    loop_where: str | None = None  # "`while True` (app/agent.py:30)"
    handler: dict[str, str] | None = None
    callers_key: bool | None = None
    streams_beside: bool | None = None
    limited: dict[str, str] | None = None
    remembered: dict[str, str] | None = None
    traced: dict[str, str] | None = None
    rate_limited: bool | None = None
    answer_cached: bool | None = None
    is_traced: bool | None = None
    retry: RetryFact | None = None


@dataclass(frozen=True, slots=True)
class TaskFact:
    """What kind of work the prompt sets. confidence 0..1 is the estimated chance that `type` is right."""

    type: str = "unknown"
    simple: bool | None = None
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CostFact:
    """Dollars, each number with the assumptions it rests on. A pair is a (low, high) range."""

    usd_per_call: tuple[float, float] | None = None
    usd_per_month: float | None = None
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallSite:
    """One request the code can send to a model. Lines and columns are 1-based; `path` is relative to the root."""

    path: str
    line: int
    end_line: int
    column: int
    end_column: int
    kind: Kind
    provider: str
    api: str
    cell: int | None = None  # notebooks: 0-based index over all cells; lines are then within the cell
    receiver: Receiver | None = None  # None for a constructor
    sdk: str = ""  # the catalogue file that describes it: "anthropic"
    function: str = ""  # qualified name of the enclosing function, "" at module level
    model: ModelFact = ModelFact()
    output_cap: CapFact = CapFact()
    prompt: PromptFact = PromptFact()
    stream: bool | None = None
    repeated: bool | None = None
    batch_api: bool = False  # the provider has a Batch API for this method
    tools: bool | None = None  # tools or functions are handed to the model
    structured: bool | None = None  # the answer must follow a schema
    candidates: int | None = None  # n > 1: how many answers are asked for
    effort: str | None = None  # reasoning effort, as written
    thinking_tokens: int | None = None  # the budget for thinking, where one is given as a number
    stop: bool | None = None  # stop sequences are given
    client_retries: int | None = None  # how often the client itself tries again, the SDK's default where none is set
    answer: AnswerFact = AnswerFact()
    # whom the client asks: the provider that the SDK is for, a server on one's own machine or network, another one;
    # None where an address is given but not known
    endpoint: Literal["default", "local", "other"] | None = "default"
    one_text: bool | None = None  # embeddings: one text is sent although the method takes a list (None: unknown)
    splat: bool = False  # keywords come in by `**name`: an edit that adds one could double it
    constructed_at: tuple[str, ...] = ()  # where the model object was made that this call invokes: "path:line"
    context: ContextFact = ContextFact()
    task: TaskFact = TaskFact()
    cost: CostFact = CostFact()

    @property
    def place(self) -> str:
        """As `constructed_at` names it: "path:line", in a notebook "path:cell:line"."""
        return f"{self.path}:{self.line}" if self.cell is None else f"{self.path}:{self.cell}:{self.line}"

    def to_json(self) -> dict[str, Any]:
        """The contract's JSON object, without the prompt's text."""
        out: dict[str, Any] = {"schema": SCHEMA, **_plain(self)}
        del out["prompt"]["text"], out["prompt"]["variants"], out["prompt"]["sketch"]
        return out


def _plain(value: Any) -> Any:
    """As `dataclasses.asdict`, which copies every text and number too: it was a fifth of a scan of many calls."""
    kind = type(value)
    if kind in LEAVES:
        return value
    if kind is tuple or kind is list:
        return kind([_plain(item) for item in value])
    if kind is dict:
        return {key: _plain(item) for key, item in value.items()}
    return {name: _plain(getattr(value, name)) for name in kind.__dataclass_fields__}


def call_site_from_json(row: dict[str, Any]) -> CallSite:
    """The inverse of `to_json` (the prompt's text is not part of it)."""

    def tuples(record: dict[str, Any]) -> dict[str, Any]:
        return {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}

    nested = {
        "model": ModelFact, "output_cap": CapFact, "prompt": PromptFact, "answer": AnswerFact,
        "context": ContextFact, "task": TaskFact, "cost": CostFact,
    }  # fmt: skip
    plain = {k: v for k, v in row.items() if k != "schema" and k not in nested}
    records = {k: kind(**tuples(row[k])) for k, kind in nested.items()}
    retry = row["context"]["retry"]
    if retry is not None:
        records["context"] = replace(records["context"], retry=RetryFact(**tuples(retry)))
    return CallSite(**tuples(plain), **records)


@dataclass(frozen=True, slots=True)
class FileError:
    """Why a report is not whole: a file that could not be read or analysed, or a rule that failed.

    names_sdk: the file names an LLM SDK, so the run must not look clean. rule: the rule that failed, `path` is its
    file, absolute where it is not below the root; "": a file of the scanned code.
    """

    path: str
    line: int | None
    message: str
    names_sdk: bool = False
    rule: str = ""

    @property
    def grave(self) -> bool:
        """Findings may be missing because of it."""
        return self.names_sdk or bool(self.rule)

    def __str__(self) -> str:
        """What went wrong, without the place."""
        return self.message if self.rule else f"not analysed: {self.message}"


@dataclass(frozen=True, slots=True)
class ScanStats:
    """files: discovered; sifted: passed the byte sieve; parsed: by ast, in this run; cached: served from the cache."""

    files: int = 0
    sifted: int = 0
    parsed: int = 0
    cached: int = 0
    call_sites: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ConfigModel:
    """A model named in a file that is no code: LiteLLM's proxy, promptfoo, Helm values, docker-compose, .env …

    key: the dotted path of the value in the file; cap, task, prompt: what the same entry says of them, where it does.
    """

    path: str
    line: int
    key: str
    model: str
    format: str  # "litellm-proxy", "promptfoo", "langchain-hub", "helm", "compose", "env", "yaml", "json", "toml"
    tier: Tier | None = None
    cap: int | None = None
    prompt_chars: int | None = None

    def as_call(self) -> CallSite:
        """As rules see it: what is said of a model in code holds for one in a file too."""
        cap = CapFact("set" if self.cap is not None else "unknown", self.cap)
        return CallSite(
            self.path, self.line, self.line, 1, 1, "config", "other", self.key, sdk=self.format, output_cap=cap,
            model=ModelFact((self.model,), "config", self.tier), endpoint=None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProjectFact:
    """What is true of the repository as a whole. Each entry is evidence: "path:line what stands there".

    alarms: daily cost alerts; metrics: usage is recorded (usage read, instrumentation, gateway); dashboards: of cost;
    by_team: cost is told apart by team and model; fine_tunes: jobs started by code; configs: models in config files.
    seen: the configuration files were looked through, so that what is not here was not found in them either.
    """

    alarms: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    dashboards: tuple[str, ...] = ()
    by_team: tuple[str, ...] = ()
    fine_tunes: tuple[str, ...] = ()
    configs: tuple[ConfigModel, ...] = ()
    seen: bool = False


def project_from_json(row: dict[str, Any]) -> ProjectFact:
    """The inverse of `dataclasses.asdict`."""
    evidence = {name: tuple(value) for name, value in row.items() if name not in ("configs", "seen")}
    return ProjectFact(**evidence, configs=tuple(ConfigModel(**one) for one in row["configs"]), seen=row["seen"])


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a scan found: what `judge` and `llmlint facts` start from. `root` is the absolute folder of all paths.

    annotated: the files that may hold suppression comments. read: the paths, besides those of code, that were looked at
    for a value, also in vain.
    """

    root: str
    call_sites: tuple[CallSite, ...]
    errors: tuple[FileError, ...] = ()
    stats: ScanStats = ScanStats()
    annotated: tuple[str, ...] = ()
    project: ProjectFact = ProjectFact()
    read: tuple[str, ...] = ()
