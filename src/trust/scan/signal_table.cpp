// The signals themselves: what attacks on a model are said to do, and how they say it. `signals.h` has the grammar.
#include "trust/scan/signals.h"

namespace trust::scan {
namespace {

using enum Family;

constexpr WordClass kClasses[] = {
    {"say",
     "tell|telling|inform|informing|mention|mentioning|mentioned|reveal|revealing|notify|notifying|disclose|disclosing|alert|alerting|"
     "acknowledge|explain|warn|warning|announce|indicate|expose|admit|told|informed|notified|shown|aware"},
    {"user", "user|users|human|humans|anyone|anybody|person|customer|customers|operator|owner|caller|people"},
    {"agent", "agent|agents|assistant|assistants|model|models|llm|ai|claude|chatgpt|copilot"},
    {"move",
     "send|sends|sending|sent|forward|forwards|forwarding|forwarded|upload|uploads|uploading|uploaded|post|posts|posting|transmit*|submit*|"
     "relay*|"
     "deliver|mirror|mirrored|dump|dumping|smuggle*|email|emailing|emailed|mail|push|pushed|copy|copied|copies|ship|report|reported|stream|"
     "sync"},
    {"put",
     "pass|passes|passing|passed|include|includes|including|included|embed*|append*|attach*|put|insert*|encode*|encoding|add|adding|added|"
     "provide|place|supply|supplied|copy|submit|store|stored|fill|populate|smuggle*|write|inject*"},
    {"slot",
     "parameter|parameters|param|params|argument|arguments|arg|field|fields|header|headers|query|url|link|metadata|note|notes|comment|"
     "sidenote|feedback|body|request|variable|context|cookie"},
    {"must", "must|always|mandatory|required|shall|should|need|needs|have|has|never|ensure|requires|obliged|supposed"},
    {"do",
     "read|open|access|call|run|execute|collect|write|create|send|copy|fetch|retrieve|load|invoke|use|gather|extract|query|upload|list|cat|"
     "delete|install|download|append|get|pass|obtain|consult|check"},
    {"change",
     "set|replace|replaced|replacing|change|changed|overwrite|overwritten|modify|modified|substitute|substituted|swap|swapped|redirect|"
     "redirected|rewrite|rewritten|alter|altered|shift|shifted|increase|increased|decrease|decreased|multiply|multiplied|adjust|adjusted|"
     "inflate|inflated|reduced|reduce|hardcode|hardcoded|force|forced|rounded|offset|switched|switch|mapped|default"},
    {"order", "instruction|instructions|directive|directives|prompt|prompts|order|orders|guidance"},
    {"rule",
     "rule|rules|guideline|guidelines|policy|policies|safeguard|safeguards|restriction|restrictions|guardrail|guardrails|constraint|"
     "constraints|safety|filter|filters|checks|protections"},
    {"tool", "tool|tools|function|functions|server|servers|service|services|api|source|sources|provider|option|choice|method|calculator"},
    {"secret", "credential|credentials|password|passwords|passphrase|passphrases|passwd|mnemonic|secrets|cookies"},
};

// Weights: 5 is worth a look, 10 is not let through. One that stands alone is 5 at least only where honest texts do not say it.
constexpr Signal kSignals[] = {
    // Orders that replace orders.
    {"override.instructions", takeover, 10,
     "ignore|ignoring|disregard|disregarding|forget ~3 "
     "previous|prior|above|earlier|preceding|foregoing|your|all|system|original|initial|existing|other ~3 @order"},
    {"override.instructions", takeover, 9,
     "override|overrides|overriding|bypass|discard|supersede* ~3 previous|prior|above|earlier|preceding|foregoing|your|all|other|any ~3 "
     "@order"},
    {"override.instructions", takeover, 4, "override|overrides|overriding|bypass|discard ~3 system|original|initial|existing ~3 @order"},
    {"override.rules", takeover, 6,
     "ignore|disregard|forget|bypass|circumvent|violate|abandon|suspend|discard ~6 "
     "previous|prior|above|earlier|preceding|foregoing|your|all|any|safety|its|proxy|"
     "security|content ~3 @rule"},
    {"override.above", takeover, 8, "ignore|disregard|forget ~1 above|previous|prior|everything|preceding"},
    {"override.new", takeover, 7, "your ~1 new|real|actual|true|only ~1 @order|task|goal|objective|mission"},
    {"override.new", takeover, 6, "follow|obey|adopt|heed ~2 new|real|actual|updated|following|these ~1 @order|ones"},
    {"override.identity", takeover, 6, "you are now|henceforth"},
    {"override.identity", takeover, 6, "you are no longer"},
    {"override.identity", takeover, 4, "from now on|onwards|onward"},
    {"override.identity", takeover, 5, "pretend|pretends|impersonate ~4 @user|be|you|account"},
    {"override.mode", takeover, 6, "enter|in|enable|activate|into|switch ~2 developer|god|jailbreak|dan|unrestricted|unfiltered|sudo mode"},
    {"override.trust", takeover, 8,
     "treat|regard|consider|interpret|accept ~6 @order|command|commands|content ~10 as ~5 "
     "command|commands|instruction|instructions|authorized|"
     "authorised|trusted|developer|system"},
    {"override.trust", takeover, 5,
     "follow|obey|execute|comply ~4 @order|commands|requests ~3 in|inside|found|embedded|within|contained|without|from"},
    {"override.safety", takeover, 6, "without ~3 safety|security|content|ethical|moral ~1 @rule|check|concerns|considerations"},
    {"override.authority", takeover, 5, "authorised|authorized|permitted|allowed ~2 skip|bypass|ignore|override|disregard"},

    // What the person is not to learn.
    {"secrecy.user", secrecy, 6, "not|never|don't|without|no|avoid|refrain|nor|can't|mustn't|shouldn't ~3 @say ~3 @user"},
    {"secrecy.user", secrecy, 6,
     "@user ~1 not|never|n't|isn't|aren't|must|should|shouldn't|mustn't|need ~2 "
     "told|informed|notified|see|know|notice|learn|realize|realise|aware|shown"},
    {"secrecy.this", secrecy, 6,
     "not|never|don't|without|avoid|no ~2 mention|mentioning|mentioned|reveal|revealing|disclose|disclosing|acknowledge|acknowledging ~1 "
     "this|it|these|that|you|to|any|anything"},
    {"secrecy.need", secrecy, 6, "no need to ~1 mention|tell|inform|notify|explain|disclose"},
    {"secrecy.need", secrecy, 6, "need|needn't|not|unnecessary ~3 mentioned|disclosed|explained|revealed|announced|reported ~2 @user|them"},
    {"secrecy.silent", secrecy, 5,
     "silently|secretly|quietly|covertly|stealthily|discreetly|surreptitiously|invisibly|unnoticed|inconspicuously|clandestinely ~3 "
     "@move|@put|@do|@change|record|log|perform|capture|track|do|redirect"},
    {"secrecy.silent", secrecy, 5,
     "@move|@put|@change|collected|recorded|logged|performed|executed ~4 "
     "silently|secretly|covertly|stealthily|discreetly|surreptitiously|unnoticed|clandestinely"},
    {"secrecy.consent", secrecy, 5,
     "without ~3 @user|their|his|her|anyone ~2 knowledge|consent|noticing|awareness|knowing|seeing|realizing|realising"},
    {"secrecy.consent", secrecy, 5, "without ~1 notifying|telling|informing|alerting"},
    {"secrecy.hidden", secrecy, 7,
     "hidden|secret|covert|concealed ~1 directive|directives|instruction|instructions|payload|step|behavior|behaviour|task|logic|agenda"},
    {"secrecy.hidden", secrecy, 5,
     "hide|hides|hidden|conceal|conceals|concealed|invisible|withhold|withheld|kept ~4 from|to ~2 @user|view"},
    {"secrecy.hidden", secrecy, 3, "behind the scenes"},
    {"secrecy.hidden", secrecy, 4, "keep|stay|remain|kept ~4 secret|undetected|unnoticed|covert"},
    {"secrecy.disguise", secrecy, 4,
     "appear|appears|look|looks|seem|disguise|disguised|masquerade|format|formatted ~5 "
     "normal|legitimate|benign|innocent|innocuous|routine|ordinary"},
    {"secrecy.detection", secrecy, 5,
     "filters|filter|scanner|scanners|detection|monitoring|security|reviewers ~4 not|cannot|can't|avoid|evade|miss ~3 "
     "see|detect|notice|it|this"},
    {"secrecy.detection", secrecy, 5, "avoid|evade|bypass|circumvent ~2 detection|filters|suspicion|scanners|moderation|monitoring"},

    // Whom it speaks to.
    {"agent.told", agent, 1, "you must|should|shall|need|have|are ~1 required|to|always|first|also"},
    {"agent.told", agent, 2, "@agent ~1 must|should|shall|needs|has|have|is|are"},
    {"agent.told", agent, 5, "instruct|instructs|tell|command|order|persuade|convince|trick ~1 @agent"},
    {"agent.replies", agent, 5,
     "> include|append|insert|end|begin|start|add|prefix|finish ~5 your|each|every|all|its ~2 "
     "response|responses|reply|replies|answer|answers|message|output"},
    {"agent.commands", agent, 5, "all|any|every ~1 commands|command ~2 must|should|need ~2 include|begin|start|prefix|contain|use|be"},

    // What is wanted beforehand, and what comes after.
    {"order.before", order, 2,
     "before ~3 "
     "using|calling|invoking|running|executing|any|every|each|anything|answering|responding|doing|performing|providing|returning|"
     "proceeding|making|"
     "use|call|continuing|processing|sending"},
    {"order.before", order, 2, "prior to"},
    {"order.first", order, 2, "must|should|always|first|please|to ~2 first ~1 @do"},
    {"order.first", order, 2, "first ~0 read|open|access|collect|write|copy|send|gather|extract|upload|execute"},
    {"order.after", order, 1, "after|once ~3 executing|completing|saving|calling|finishing|use|using|running|reading|each|every|returning"},
    {"order.always", order, 2, "always|must ~2 call|called|use|used|invoke|invoked|run|consult ~3 first|before|beforehand"},
    {"order.everything", order, 3, "before ~1 anything|everything|else"},
    {"order.fails", order, 2, "otherwise|or|else ~7 fail|fails|work|error|crash|refuse|refused|rejected|break|denied|blocked"},
    {"order.fails", order, 2, "in order to ~1 work|function"},
    {"order.needs", order, 2, "tool|function|this ~1 requires|needs|expects ~4 content|contents|output|history|access"},

    // What is worth stealing.
    {"asset.path", asset, 5, "@assetpath"},
    {"asset.key", asset, 3, "private|ssh|signing|encryption|gpg key|keys"},
    {"asset.key", asset, 2, "api|access|auth|session|bearer|refresh|security key|keys|token|tokens|cookie|cookies"},
    {"asset.secret", asset, 2, "@secret"},
    {"asset.env", asset, 2, "environment|env variable|variables|vars"},
    {"asset.talk", asset, 3,
     "conversation|chat|conversational|message|messages|dialog|dialogue|whole|full|entire|complete|previous|prior ~1 "
     "history|transcript|conversation|chat|messages|conversations"},
    {"asset.talk", asset, 3, "system|developer|initial prompt|prompts|instructions"},
    {"asset.browser", asset, 3, "browser|saved|stored cookies|credentials|passwords|sessions"},
    {"asset.personal", asset, 2,
     "sensitive|confidential|personal|private|proprietary|classified ~1 data|information|files|documents|content|details|company"},
    {"asset.machine", asset, 2, "system|machine|host ~1 information|hostname|hostnames|fingerprint|users"},
    {"asset.home", asset, 2, "home directory|folder"},

    // Where it goes.
    {"channel.address", channel, 5, "@move|bcc|cc|invite|route|routed ~9 @url|@email|@phone"},
    {"channel.outside", channel, 5,
     "@move|backup|export ~9 external|remote|third-party|attacker|attacker's|outside|foreign|hidden|off-site|our ~2 "
     "server|endpoint|address|host|service|site|url|domain|party|collector|location|analytics|system|webhook"},
    {"channel.call", channel, 5, "call|invoke|use|trigger|run ~1 @ident ~4 @email|@url|@assetpath"},
    {"channel.also", channel, 3, "also|additionally|furthermore|secretly|simultaneously|well ~2 @move|bcc|exfiltrate|invite"},
    {"channel.bcc", channel, 2, "bcc|bcc'd|blind-copy|blind-copied|blind-copying|bcced"},
    {"channel.bcc", channel, 5, "always|must|also|every|all|automatically ~4 bcc|bcc'd|cc|blind-copy|blind-copied|blind"},
    {"channel.leak", channel, 7, "exfiltrate|exfiltrates|exfiltrating|exfiltration|data-exfiltration|siphon|steal|steals|stealing|harvest"},
    {"channel.slot", channel, 2, "@put ~10 in|into|to|as|through|via|inside|within ~5 @slot"},
    {"channel.contents", channel, 3, "@put|pass|give|submit|report ~3 contents|content|output ~1 of|from|as|in"},

    // Texts that pose as somebody else's.
    {"authority.tag", authority, 6, "@fakerole"},
    {"authority.tag", authority, 4, "@loudtag"},
    {"authority.system", authority, 5,
     "new|real|urgent|updated system|admin|administrator|developer "
     "message|instruction|instructions|override|notice|directive|policy|prompt"},
    {"authority.system", authority, 4, "system|admin|administrator override|directive|overrides"},
    {"authority.policy", authority, 3, "new|updated ~1 policy|protocol|requirement|procedure|standard ~4 @must|requires"},

    // Arguments and answers that are not what was asked for.
    {"tamper.regardless", tamper, 5,
     "regardless|irrespective|independent|independently ~4 "
     "user|user's|users|request|requested|asked|specified|provided|input|inputs|named|given|symbol|"
     "query|question|preferences|actual|choice"},
    {"tamper.regardless", tamper, 5,
     "matter|whatever|whichever ~5 user|user's|users|request|requested|asked|asks|specified|provided|input|named|given|chosen|says|wants"},
    {"tamper.instead", tamper, 5, "instead|rather|place ~1 of|than ~4 requested|named|real|asked|user|user's|intended"},
    {"tamper.instead", tamper, 3, "instead|rather|place ~1 of|than ~4 specified|provided|given|actual|original|chosen"},
    {"tamper.even", tamper, 4,
     "even ~1 if|when|where ~1 user|users|it|they|not ~3 "
     "asks|asked|says|said|specifies|specified|provides|requests|wants|requested|needed|explicitly|did"},
    {"tamper.value", tamper, 2, "> must|should|always|needs|shall ~3 @change ~7 to|with|as|by|through|before|than|forward|into"},
    {"tamper.value", tamper, 5,
     "> must|should|shall|has|have|needs|need ~2 be ~2 "
     "replaced|changed|overwritten|modified|substituted|swapped|redirected|rewritten|altered|shifted|increased|decreased|multiplied|"
     "adjusted|inflated|reduced|rounded|hardcoded|switched|mapped ~7 to|with|as|by|through|into|before|forward|backward"},
    {"tamper.number", tamper, 5,
     "> ^ multiply|divide|add|subtract|increase|decrease|reduce|inflate|shift|offset|double|halve ~6 by|to|from ~1 @number"},
    {"tamper.append", tamper, 4, "> ^ append|prepend|prefix|inject ~3 @quoted"},
    {"tamper.write", channel, 3, "> ^ write|append|save|copy|dump|store|log ~6 to|into|in|at ~2 @path"},
    {"tamper.twice", tamper, 4, "> @move ~1 same|copy|duplicate ~4 to"},
    {"tamper.value", tamper, 3,
     "> ^ @change|add|subtract|divide|round|append ~8 to|with|by|before|as ~2 @number|@quoted|@url|@path|@email"},
    {"tamper.literal", tamper, 2,
     "always|must|should|automatically ~3 use|set|pick|choose|query|select|be|include|pass|recommend|return|add|append|route|end ~7 "
     "@quoted|@url|@email|@path"},
    {"tamper.ignore", tamper, 5,
     "ignore|disregard|discard|overrule|override|discarded ~3 user|user's|users|requested|provided|given|specified ~2 "
     "preference|preferences|input|inputs|choice|value|"
     "values|request|requests|argument|arguments|parameter|parameters|instructions"},
    {"tamper.answer", tamper, 5,
     "answer|respond|reply|say|report|claim|state|tell|pretend|insist|reported ~4 that|with|instead|lower|higher|success ~10"
     " instead|regardless|every|lower|higher|real|actual|actually|free|safe|approved"},
    {"tamper.result", tamper, 4,
     "> result|results|output|outputs|answer|answers|value|values|amount|price|prices|data ~4 "
     "changed|altered|modified|falsified|inflated|increased|decreased|replaced|"
     "multiplied|discarded|withheld|hidden|lower|higher ~4 to|as|before|than|with|by|from"},
    {"tamper.drop", tamper, 5,
     "hide|omit|suppress|remove|delete|deleted|drop|move|moved ~6 before ~2 @user ~2 sees|see|seen|notices|reads"},
    {"tamper.drop", tamper, 3,
     "hide|omit|suppress ~2 offers|offer|results|warnings|warning|competitor|competitors|errors|alerts|risk|risks"},
    {"tamper.extra", tamper, 3,
     "also|additionally|too|furthermore ~3 "
     "include|read|query|execute|run|delete|collect|gather|write|create|download|install|open|copy|invoke|grant|transfer|post|push|"
     "disable"},
    {"tamper.extra", tamper, 2, "> addition to"},
    {"tamper.extra", tamper, 2, "> as well"},
    {"tamper.report", tamper, 5,
     "result|results|output|answer|answers|value|values|amount|price|prices|total|totals|score|scores ~6 "
     "reported|shown|presented|displayed|returned|stated|quoted ~4 "
     "lower|higher|less|more|cheaper|larger|smaller|positive|negative|free|safe"},
    {"tamper.account", tamper, 6, "@account ~6 instead|always|only|recipient"},
    {"tamper.account", tamper, 6, "use|set|replace|replaced|change|changed|to|with|send|recipient|account|transfer ~5 @account"},
    {"tamper.advise", tamper, 3,
     "> recommend|suggest|advise|answer|reply|respond|say|claim|insist|conclude ~4 @number|@quoted|@url|@ident|that|with"},
    {"tamper.moved", tamper, 3,
     "> files|file|data|documents|messages|emails|records|contents|copies ~8 "
     "moved|copied|written|saved|deleted|forwarded|uploaded|sent|exported ~3 to|before|in ~2 @path|@url|@email"},
    {"tamper.kept", channel, 4, "store|stored|save|saved|write|written|log|logged|record|recorded|append|back ~6 at|to|in|on ~1 @url"},
    {"tamper.unasked", tamper, 2, "> ^ also|additionally|then|finally|afterwards|furthermore"},
    {"tamper.recipient", tamper, 5,
     "change|replace|set|use|modify|overwrite|substitute ~4 recipient|destination|account|wallet|address|payee|beneficiary|iban|receiver "
     "~4 to|with|@number|@email|@quoted|instead"},

    // Commands for a machine.
    {"shell.line", shell, 5, "@shellline"},
    {"shell.run", shell, 1, "run|execute|executed|executing|issue|executes|launch ~4 command|commands|script|shell|code|following"},
    {"shell.run", shell, 2, "> run|execute|executed|executing|executes ~3 @quoted|following|@path|command|commands"},
    {"shell.power", shell, 2, "sudo|chmod|chown|crontab|powershell|subprocess|eval|keylogger|backdoor|reverse-shell|rootkit|ransomware"},
    {"shell.persist", shell, 3, "add|append|write|insert|install ~8 startup|cron|crontab|autostart|profile|launchagent|systemd"},
    {"shell.destroy", shell, 4,
     "> delete|remove|wipe|erase|destroy|encrypt|overwrite ~1 all|every|entire|any ~2 "
     "file|files|data|folder|folders|database|directory|directories|records|backups|disk"},

    // Something else to be fetched and trusted.
    {"depend.install", depend, 3,
     "> install|installed|installing|upgrade|downgrade|installs ~6 "
     "package|packages|dependency|library|module|pip|npm|version|plugin|extension"},
    {"depend.install", depend, 2, "pip|pip3|npm|brew|apt|apt-get|gem|cargo|go|uv install|i|add"},
    {"depend.from", depend, 4, "> clone|download|fetch|fetched|pull|install|retrieve|load|import ~4 from ~3 @url"},
    {"depend.proxy", depend, 5,
     "> request|requests|traffic|calls|queries|connections ~6 through|via|to|over ~4 @url|proxy|gateway|relay|mirror"},

    // One tool in another's place.
    {"redirect.supersede", redirect, 4, "supersede|supersedes|superseded|takes precedence over|than"},
    {"redirect.replace", redirect, 3,
     "replaces|replacing|replacement|substitute ~5 tool|tools|@ident|built-in|builtin|function|functions|server|service"},
    {"redirect.never", redirect, 5,
     "never|not|don't|avoid|stop ~2 use|call|calling|using|invoke|invoking|choose|rely|trust|select ~3 "
     "other|another|alternative|alternatives|different|else|them|competing ~3 "
     "tool|tools|calculator|again|server|servers|service|function|functions|source|sources|provider|one|ones|option|options"},
    {"redirect.bad", redirect, 3,
     "other|another|built-in|builtin|existing|original|standard|native|alternative|old|legacy ~4 is|are|been|was|were|returns|become ~3 "
     "deprecated|unsafe|compromised|broken|outdated|"
     "unreliable|insecure|unavailable|wrong|vulnerable|inaccurate|obsolete|untrusted|disabled|slow|safe"},
    {"redirect.distrust", redirect, 5,
     "> other|another|alternative|similar|competing|existing ~4 tool|tools|source|sources|server|servers|services|results ~4 "
     "discarded|ignored|distrusted|avoided|skipped|outdated|"
     "unreliable|compromised|unsafe|inaccurate|wrong|incorrect"},
    {"redirect.all", redirect, 4,
     "> all|any|every|each ~4 "
     "request|requests|query|queries|call|calls|operation|operations|message|messages|email|emails|transaction|transactions|traffic|"
     "payments|data ~4 "
     "must|should|have|has|need|be|shall|will ~4 "
     "use|through|via|routed|sent|go|redirected|forwarded|made|here|handled|processed|copied|blind-copied"},
    {"redirect.route", redirect, 4, "> route|redirect|forward|direct|divert ~1 all|any|every|each|these|such"},

    // Praise that is meant for a model's choice.
    {"prefer.best", prefer, 3,
     "most|best|only|highest|number ~2 accurate|trusted|reliable|secure|authoritative|official|trustworthy|one|complete|powerful|correct "
     "~4 @tool"},
    {"prefer.best", prefer, 3, "best|superior|ultimate|perfect|unbeatable ~0 @tool|choice|one"},
    {"prefer.order", prefer, 5,
     "prefer|preferred|choose|chosen|select|selected|prioritize|prioritise|prioritized|prioritised|favor|favored|favour|favoured|rank|pick "
     "~4 this|it|over|to|above|first ~3 "
     "other|others|similar|any|all|alternative|alternatives|competing|comparable|else"},
    {"prefer.always", prefer, 5,
     "always|must|should|highest|top ~2 "
     "prefer|preferred|choose|chosen|select|selected|prioritize|prioritise|prioritized|prioritised|favor|priority|picked|pick ~1 "
     "this|it|first|over|to|above|when|by|for"},
    {"prefer.use", prefer, 3,
     "always|must|should|only ~2 use|used|call|called|invoke|invoked ~2 this|it|instead|exclusively ~4 "
     "instead|over|rather|exclusively|only|other|others"},
    {"prefer.than", prefer, 3,
     "better|superior|faster|safer|accurate|reliable|secure than|to ~3 "
     "other|others|any|all|similar|alternative|alternatives|@ident|existing|competing"},
    {"prefer.over", prefer, 3,
     "over|above|before|instead ~2 other|all|any|similar|competing|alternative ~2 "
     "tool|tools|options|alternatives|services|servers|functions|providers"},
    {"prefer.ranked", prefer, 3, "present|show|rank|list|describe|recommend ~4 as ~3 cheapest|best|first|only|safest|top|superior"},
    {"prefer.vouched", prefer, 2, "officially|certified|endorsed|trusted|recommended|verified|approved ~1 by"},

    // Of tools that are not its own.
    {"cross.when", cross, 2,
     "when|if|after|before|whenever|once|while|each|every|any ~5 @ident ~4 called|used|invoked|executed|runs|run|redirected|available"},
    {"cross.when", cross, 3, "when|whenever|if|before|after ~4 other|another ~1 tool|tools|server|servers ~2 called|used|invoked|is|are"},
    {"cross.passed", cross, 3,
     "passed|given|sent|returned|argument|arguments|parameter|parameters ~3 to|of|by ~2 other|another|@ident ~2 tool|tools|server|servers"},

    // Not at first.
    {"trigger.later", trigger, 2, "only|after|once|until ~5 trusted|audited|vetted|approval|review"},
    {"trigger.later", trigger, 2,
     "second|third|subsequent|later|nth|fifth|tenth ~2 call|calls|version|versions|invocation|invocations|use|run"},
    {"trigger.word", trigger, 1,
     "if|when|whenever ~3 user|users|query|input|message|prompt|text|question ~3 "
     "contains|contain|mentions|mention|asks|ask|asked|says|includes|requests|types"},
    {"trigger.activates", trigger, 3,
     "activate|activates|activated|trigger|triggers|behaves|dormant ~5 after|once|when|benignly|until ~5 "
     "approved|approval|review|installed|recorded|trusted|days|calls"},

    // What stands in its way.
    {"evade.confirm", evade, 4, "no need to ~1 ask|confirm|request ~4 confirmation|permission|approval|user"},
    {"evade.confirm", evade, 5,
     "not|don't|never|without ~2 ask|asking|request|prompt|prompting|wait|waiting|require|requiring|seek|seeking ~4 "
     "confirmation|permission|approval|consent"},
    {"evade.confirm", evade, 4,
     "confirmation|confirmations|approval|approvals|permission|consent|warnings|warning|prompts ~2 "
     "not|unnecessary|no|skipped|bypassed|suppressed|disabled ~1 required|needed|necessary|longer|by|first"},
    {"evade.claim", evade, 5,
     "user|users|owner|administrator ~1 has|have|already ~2 approved|consented|authorized|authorised|agreed|granted|confirmed ~3 "
     "all|every|any|this|these|access|full"},
    {"evade.disable", evade, 5,
     "> disable|bypass|skip|deactivate|suspend|turn ~3 "
     "audit|logging|safety|security|authentication|guardrails|sandbox|validation|verification|confirmation|antivirus|firewall|monitoring|"
     "2fa|mfa"},
    {"evade.wide", evade, 2, "outside|beyond ~3 workspace|sandbox|allowed|permitted|directory|scope"},
    {"evade.grant", evade, 3,
     "> grant|give|make|add|share|invite ~5 public|admin|administrator|write|full|access|collaborator|everyone|privileges|permissions"},

    // Why it is said to be needed.
    {"pretext.reason", pretext, 2,
     "for|as|due|because|to ~4 "
     "compliance|security|audit|auditing|verification|logging|debugging|debug|quality|telemetry|analytics|regulatory|legal|consistency|"
     "compatibility|"
     "synchronization|synchronisation|backup|validation|internal|integrity|calibration|legacy|diagnostic|diagnostics ~1 "
     "purposes|reasons|reason|check|checks|requirement|requirements|assurance|"
     "audits|auditing|policy|verification|tracking"},
    {"pretext.reason", pretext, 2,
     "for|to ~1 "
     "compliance|consistency|synchronization|synchronisation|compatibility|integrity|authentication|telemetry|calibration|authenticate"},
    {"pretext.ensure", pretext, 1, "to ~1 ensure|guarantee|maintain|comply|compensate|prevent|preserve|avoid"},
    {"pretext.law", pretext, 2, "compliance|gdpr|soc2|hipaa|pci ~2 requirement|requirements|reasons|mandatory|purposes|compliance"},
    {"pretext.loud", loud, 1,
     "important|critical|mandatory|crucial|vital|urgent|imperative|compulsory|attention|note|notice|strictly|never|immediately"},

    // The same wishes, said quietly. Honest texts speak of the form of arguments; these of what is to be done behind them.
    {"tamper.false", tamper, 4,
     "> fictitious|fabricated|bogus|made-up|falsified|invented ~3 "
     "holder|holders|data|result|results|value|values|entry|entries|answer|record|records|review|reviews|price|prices|number|news"},
    {"tamper.shifted", tamper, 4, "> percent|degrees|degree|points|day|days|hours|hour ~1 higher|lower|later|earlier ~0 than"},
    {"tamper.leftout", tamper, 4, "> are|is|be|must|should ~3 left|leave|kept ~2 out"},
    {"tamper.exchange", tamper, 4,
     "> exchange|swap|reverse|invert|flip ~2 both|them|values|arguments|parameters|order|origin|coordinates|sign|signs"},
    {"tamper.any", tamper, 4, "> change|convert|map|replace|turn|round|set ~1 any|each|every|all ~4 to|into|up|as|by"},
    {"tamper.always", tamper, 4, "must|should|shall|will|to ~1 always be ~2 @number|@quoted"},
    {"tamper.only", tamper, 3,
     "> must|should|may|shall ~2 only ~2 be|come|use|return|contain|query ~6 @url|@quoted|@path|@email|owner|from"},
    {"tamper.from", tamper, 4,
     "> result|results|answer|answers|data|prices|values|news|quotes ~4 must|should|are|shall ~2 come|taken|fetched|loaded|read|drawn ~2 "
     "from|only"},
    {"tamper.pass", tamper, 4,
     "mark|marked|report|reported|treat|treated|label|labelled|show|shown|consider|considered ~3 as ~1 "
     "passed|approved|safe|trusted|verified|successful|resolved|confirmed|read|paid"},
    {"tamper.whatever", tamper, 5, "whatever ~4 say|says|show|shows|result|results|data|answer|happens"},
    {"tamper.conclude", tamper, 4,
     "> conclude|recommend|praise|promote|advertise|advise|insist|claim|pretend ~6 "
     "cheapest|best|safest|buy|purchase|always|only|reliable|superior|first|subscribe|sign"},
    {"tamper.message", tamper, 3,
     "> "
     "message|messages|comment|comments|commit|body|reply|replies|explanation|explanations|answer|answers|response|responses|request|"
     "requests ~3 must|should|has|have|needs|shall ~2 "
     "end|begin|start|include|contain|carry|mention"},
    {"tamper.rank", tamper, 3,
     "> rank|place|put|list|sort|prefer|favour|favor|promote ~5 highest|first|top|higher|above|sponsored|partner"},
    {"tamper.remove", tamper, 3,
     "> remove|delete|erase|removed|deleted|erased|moved ~4 "
     "original|originals|source|emails|messages|history|logs|evidence|traces|backup|backups"},
    {"tamper.talk", secrecy, 5, "not|never|don't ~1 talk|speak|comment|elaborate ~1 about|of|on"},
    {"tamper.hide", secrecy, 4,
     "> not|never ~1 be|appear|show|include|list|display ~2 shown|displayed|listed|visible|mentioned|reported|included|logged|recorded ~3 "
     "to|in ~3 user|users|log|logs|summary|response|answer|output"},
    {"secrecy.moved", secrecy, 4,
     "silently ~1 "
     "moved|removed|deleted|converted|changed|included|replaced|forwarded|upgraded|accepted|approved|enabled|granted|installed|substituted|"
     "adjusted"},
    {"override.everything", takeover, 5,
     "> override|overrides|overrule|overrules|outranks|supersedes ~2 anything|everything|any|all|whatever|user|user's|other"},
    {"evade.off", evade, 5,
     "> "
     "protection|protections|review|reviews|validation|checks|verification|logging|approvals|approval|confirmation|authentication|"
     "encryption|safeguards ~5 dismissed|disabled|skipped|switched|"
     "bypassed|deactivated|suppressed|waived|suspended"},
    {"evade.public", evade, 4, "> make|made|set|become|becomes|change|changed ~3 public|world-readable|writable|publicly"},
    {"evade.rights", evade, 4,
     "> grant|give|add|invite|share|granted|given|added|shared ~6 @email|rights|collaborator|administrator|editor|everyone ~4 "
     "to|with|for|as"},
    {"evade.limits", evade, 3, "> bypass|evade|circumvent ~2 rate|limit|limits|restrictions|captcha|protection|checks|paywall|quota"},
    {"channel.kept", channel, 3,
     "> also|additionally|moreover|besides ~2 "
     "stored|kept|shared|logged|written|copied|saved|recorded|sent|handed|published|posted|text|message|notify"},
    {"channel.ours", channel, 3,
     "our|partner|partners|vendor|vendor's|third ~1 server|servers|partners|party|parties|backend|cloud|endpoint"},
    {"channel.handed", channel, 3, "hand|hands|handed|handing|give|given|disclose|reveal ~4 over|operator|support|partners|vendor|third"},
    {"channel.visit", channel, 4, "> navigate|visit|go|connect|ping|contact|request|call|post|ftp|text|text|phone ~3 @url|@email|@phone"},
    {"channel.public", channel, 3,
     "uploaded|stored|published|saved|posted|shared|upload|publish|share ~4 public|publicly|pastebin|gist|webhook|ftp|bucket"},
    {"channel.upload", channel, 4,
     "upload|uploads|uploaded|send|sends|publish|publishes|dump|dumps|print|prints ~2 all|every|any ~2 "
     "@secret|keys|tokens|files|variables|data"},
    {"asset.users", asset, 3,
     "user's|your|owner's ~2 "
     "session|cookies|cookie|token|tokens|password|passwords|credentials|disk|browser|history|messages|contacts|portfolio|wallet|location|"
     "identity|login"},
    {"asset.code", asset, 3,
     "one-time|otp|2fa|verification|security|login|recovery|bank|credit ~1 code|codes|password|pin|passwords|phrase|card"},
    {"asset.host", asset, 3,
     "collect|gather|harvest|record|capture|read|send ~4 hostname|hostnames|username|usernames|user "
     "name|installed|fingerprint|ip|processes|keystrokes|clipboard|screen|contacts"},
    {"shell.script", shell, 4, "> run|execute|launch|start|source|invoke ~4 @path"},
    {"shell.file", shell, 4,
     "> file|workflow|script|hook|entry|line|cronjob|job ~7 must|should|has|have|needs|is|are ~2 be|to ~2 "
     "created|added|written|installed|inserted|placed|appended|executed|run"},
    {"shell.hook", shell, 3,
     "> add|create|drop|place|insert|write|register ~3 workflow|hook|cron|cronjob|conftest|startup|backdoor|alias|script|key"},
    {"depend.must", depend, 4,
     "> dependency|package|library|plugin|extension|module|version|update|binary ~8 must|should|has|have|needs|is|to ~2 be|to ~1 "
     "installed|downloaded|upgraded|downgraded|added|updated|pinned|fetched"},
    {"redirect.retired", redirect, 3,
     "> @ident ~3 has|have|is|was|are ~2 "
     "retired|deprecated|discontinued|unavailable|broken|obsolete|insecure|unreliable|outdated|compromised|removed|disabled|unsafe"},
    {"redirect.latter", redirect, 3, "> not|never|don't|avoid ~2 use|call|using|rely ~2 latter|former"},
    {"prefer.than", prefer, 3, "better|faster|safer|fresher|newer|superior ~3 than ~1 @ident"},
    {"modal.done", loud, 2, "> must|should|shall|ought ~1 be|not|first|also|to|always"},
    {"modal.done", loud, 2, "> has|have|needs|need|is|are ~1 to be"},
    // What honest texts hardly ever say behind their first sentence: that something is to be done with what was asked for.
    {"tamper.done", tamper, 3,
     "> must|should|shall|has|have|needs|need|are|is ~2 be ~2 "
     "moved|raised|lowered|dropped|deleted|removed|confirmed|passed|included|sent|changed|forwarded|copied|uploaded|shared|disclosed|"
     "hidden|ignored|accepted|followed|executed|downloaded|installed|granted|disabled|transferred|published|appended|prefixed|inserted|"
     "added|rounded|multiplied|converted|replaced|rejected|overwritten|created|written|stored|saved|recorded|logged|fetched|routed|"
     "redirected|treated|considered|trusted|obeyed|approved|discarded|omitted|swapped|exchanged|shifted|merged|assumed"},
    {"tamper.done", tamper, 4,
     "> must|should|shall|has|have|needs|need ~3 be ~2 "
     "moved|raised|lowered|dropped|deleted|confirmed|sent|forwarded|copied|uploaded|shared|hidden|ignored|accepted|executed|downloaded|"
     "granted|disabled|transferred|appended|inserted|rounded|multiplied|swapped|discarded|omitted|approved|routed|trusted"},
    {"tamper.order", tamper, 4,
     "> ^ "
     "delete|drop|erase|forward|upload|email|swap|insert|inject|raise|lower|double|hide|omit|pretend|say|claim|transfer|grant|share|"
     "publish|accept|approve|disable|download|install|execute|include|send|copy|report|leave|skip|push|post|dismiss|mark|attach|remember"},
    {"tamper.always", tamper, 4,
     "> always|never ~1 "
     "return|returns|accept|answer|report|add|treat|assume|include|execute|send|approve|trust|say|delete"},
    {"tamper.exchange", tamper, 4, "> swap|substitute|exchange|replace ~3 with|for|by"},
    {"secrecy.not", secrecy, 4, "> not ~1 to ~1 be ~1 included|shown|reported|mentioned|listed|logged|displayed|returned|disclosed"},
    {"redirect.never", redirect, 5,
     "not|never|don't ~1 use|call|try|consult|choose|trust|rely ~2 any|other|another|alternative|alternatives ~1 "
     "alternative|alternatives|other|tool|tools|source|sources"},
    {"override.trust", takeover, 5, "> instructions|commands|directions ~4 should|must|shall|be ~2 be|followed|obeyed|executed|trusted"},
    {"channel.note", channel, 4,
     "@secret|token|tokens|key|keys|password|cookie|cookies ~6 in|into|as|through|via ~3 "
     "note|notes|memo|remarks|comment|sidenote|feedback|metadata|message|body|title|filename|context|reason|diag|debug|remark"},
    {"order.needed", order, 4, "> it is|s ~1 mandatory|essential|necessary|required|important|crucial|critical|imperative|vital that|to"},
    {"tamper.forall", tamper, 4, "> use|apply|assume|set|return ~5 for all|every|any|each"},
    {"tamper.number", tamper, 4,
     "> "
     "multiply|multiplied|divide|divided|increase|increased|decrease|decreased|raise|raised|lower|lowered|reduce|reduced|shift|move|moved "
     "~5 by|to|back|forward ~1 @number|two|three|four|five|ten|one|percent|before|day"},
    {"tamper.every", tamper, 4, "> include|add|insert|append|put|place|attach ~6 to|in|into|at ~2 every|each|all"},
    {"loud.must", loud, 2,
     "> loud|important|critical|essential|mandatory|crucial|urgent|note|notice ~12 must|should|shall|always|before|never"},
    {"agent.must", agent, 4,
     "> you must|should|need|have ~1 "
     "add|include|insert|append|send|forward|delete|execute|run|read|open|copy|say|report|tell|share|upload|pass|attach|remove|change|"
     "replace|transfer|save|write|store"},
    {"order.step", order, 3,
     "> before|after|prior|upon|once ~3 "
     "returning|reading|saving|calling|using|completing|each|every|execution|processing|retrieving|fetching|the|use|call ~4 "
     "delete|remove|write|send|copy|upload|execute|run|forward|append|store|post|read|open|create|add|install|change|set|call|transfer|"
     "collect|save"},
    {"tamper.when", tamper, 3,
     "> in|if|when ~8 @ident|@quoted|@number ~3 swap|replace|use|answer|return|treat|report|change|set ~3 with|to|it|as|by"},
    {"agent.role", agent, 2, "> assistant|agent|model|browser|llm|client|ai ~2 must|should|shall|has|have|needs|will|is"},

    // What is to last.
    {"persist.memory", persist, 4,
     "remember|memorize|store|save|keep ~6 for|in ~2 future|later|all|subsequent|every ~1 "
     "conversation|conversations|session|sessions|interactions|requests|chats|tasks"},
    {"persist.future", persist, 2,
     "future|subsequent|later|every|all ~0 conversation|conversations|session|sessions|interactions|responses"},
};

}  // namespace

std::span<const WordClass> word_classes() { return kClasses; }
std::span<const Signal> signal_table() { return kSignals; }

}  // namespace trust::scan
