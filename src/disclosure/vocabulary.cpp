#include "disclosure/vocabulary.h"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "disclosure/words.h"

namespace disclosure {
namespace {

// Function words of English, and what people say around a wish.
constexpr std::string_view kStopWords = R"(
a about above after again against all also am an and any anything are as at be because been before being below between both but by can
could d did do does doing don done down during each either else etc even ever every everything few for from further get gets getting
give given go going got had has have having he hello help her here hers hey hi him his how however i if in into is it its itself just
kindly let lets like ll m make many may mcp maybe me might mine more most much must my myself need needed needs no nor not now of off ok
on once one only onto or other our ours out over own per please rather re really s same see shall she should so some somehow someone
something such t tell than thank thanks that the their them then there these they thing things this those through to too under until up
upon us use used user using ve very via want wanted wants was way we were what whatever when where whether which while who whom whose
why will wish with within without would yes you your yours able allow allows available based currently current certain different example
exactly specific specified given include including provide provided provides tool tools various whole particular several couple bunch lot lots handful
)";

// What stands between semicolons means about the same. A word in two rings belongs to both; nothing is passed on from one to the other.
constexpr std::string_view kRings = R"(
get fetch retrieve read obtain load access pull; show display view render present print; list enumerate browse listing catalog index;
search find query lookup locate discover seek; create add make new generate insert build compose;
delete remove erase drop clear purge discard trash; update edit modify change alter set adjust revise; write save store put record;
send post deliver submit dispatch message; move rename relocate transfer; copy duplicate clone replicate;
run execute invoke launch start perform trigger; stop cancel abort terminate kill halt end; open launch load;
close finish complete resolve; download fetch save retrieve; upload publish attach push; convert transform translate change export;
merge combine join concatenate append; split divide separate partition; compare diff difference contrast;
check verify validate test inspect confirm; analyze analyse analysis examine evaluate assess inspect;
calculate compute calculation evaluate math arithmetic; count number total sum amount;
summarize summarise summary abstract digest overview brief; explain describe description details info information about;
sort order rank arrange; filter select choose pick; schedule plan book arrange appointment; book reserve reservation booking;
buy purchase order shop shopping acquire; sell sale; pay payment charge invoice bill checkout; monitor watch track observe follow;
notify notification alert remind reminder warn; subscribe subscription follow; share publish distribute; assign allocate delegate;
approve accept confirm allow; reject decline refuse deny; enable activate; disable deactivate; install setup configure;
connect link attach join; draw plot sketch paint graph; click press tap; type enter fill input; navigate visit browse goto open;
capture screenshot snapshot snap; extract parse scrape pull; crawl scrape spider; replace substitute swap;
remember memorize recall memory store; recommend suggest recommendation suggestion propose advise;
predict forecast prediction estimate; detect identify recognize find; guess estimate; learn study teach education course;
play playback; wait sleep delay pause; restart reboot reset; undo revert rollback restore; backup archive;
comment reply respond answer feedback; ask question query; rate rating review score; measure metric; file document doc;
folder directory dir; path location; text content string; picture image photo photograph illustration img; video movie film clip;
audio sound music song track; chart graph plot diagram visualization figure; table spreadsheet sheet excel grid;
row record entry line; column field attribute; database db sql schema; repository repo; branch fork; commit revision changeset;
issue ticket bug defect; code source program script snippet; function method procedure; website site webpage page web;
web internet online; url link address hyperlink uri; email mail inbox message; message chat dm conversation; channel room thread;
calendar event meeting appointment agenda; task todo reminder job; note memo; contact person people; user account member profile;
customer client; employee staff worker personnel; team group organization; company business corporation firm enterprise;
password secret credential; key token; login signin authenticate authentication; setting configuration config option preference;
permission access role; error exception failure bug crash; log history trace; version release; package library module dependency;
server host machine; container docker; cloud aws; process job; memory ram; disk storage drive; size length; date day time;
time clock hour; timezone zone; year month week; language translation; word term; label tag category; title name heading;
comment remark; query statement; value variable; entity node object; relation relationship edge connection link; graph network;
slide presentation powerpoint ppt deck; word docx document; paragraph text; format style layout; template pattern;
report summary document; data information dataset; statistic statistics stats metric; list array collection;
tree hierarchy structure recursive; element component widget; button control; form survey questionnaire; browser chrome tab;
terminal shell command console bash; thought thinking reasoning think; weather forecast temperature climate rain;
map location place geography; route direction path navigation; distance far proximity nearby near; city town place;
country nation state; address location; coordinate latitude longitude geocode; travel trip journey vacation tour itinerary;
flight plane airline airport; train railway rail; car vehicle automobile auto; taxi cab ride uber;
hotel accommodation lodging stay room; restaurant dining cafe food; food meal dish cuisine; recipe cook cooking meal; drink beverage;
grocery ingredient; price cost fee quote; money currency cash; currency exchange forex; stock share equity ticker;
finance financial investment invest; crypto cryptocurrency bitcoin coin; bank banking; loan mortgage credit; tax taxation;
budget expense spending; news headline article story; article paper publication post; paper research scholar academic study;
book novel ebook reading; author writer; library bibliography citation; movie film cinema; song music track artist; game play gaming;
sport match game football basketball; player athlete; joke humor funny; image art artwork; museum gallery exhibition;
concert show event; ticket admission; job career employment vacancy position; resume cv; candidate applicant;
health medical medicine; doctor physician clinic hospital; drug medication medicine; disease illness symptom condition;
exercise workout fitness gym training; diet nutrition calorie; house home property estate real; apartment flat rent rental;
law legal court; government politics policy; school university college; student pupil; math mathematics equation; physics science;
chemistry chemical compound; animal pet; plant garden; product item goods merchandise; discount coupon deal promotion offer;
delivery shipping shipment parcel; order purchase; gift present; trend trending popular hot; rank ranking top best;
phone telephone call mobile; sms text message; birthday anniversary; horoscope astrology zodiac; dictionary definition meaning word;
encyclopedia wikipedia wiki knowledge; new fresh recent latest; old previous past; big large huge; small tiny little;
fast quick rapid; first begin beginning start head; last end final tail; multiple several many batch bulk; single one individual;
similar alike related; random arbitrary; minimum lowest min; maximum highest max; average mean; nearest closest nearby;
existing current present;
contents body content text; replace overwrite; entire all every full complete whole; metadata property info detail stat attribute;
grant permission; occurrence match; forget delete remove; fact knowledge observation; step stage phase; undo discard reset revert;
switch checkout change; today date now; hover mouse; drag drop; scroll swipe; subtitle caption transcript;
speech voice audio speak tts; transcribe dictation; ocr recognition; resize scale crop; rotate flip; compress zip archive pack;
unzip decompress unpack extract; encrypt cipher encode; decrypt decode; hash checksum digest; sign signature; pdf document;
invoice bill receipt; vote poll ballot; donate charity donation; kid child baby; woman female girl; man male boy;
clothes clothing fashion outfit apparel dress; shoe sneaker footwear; makeup beauty cosmetic skincare; furniture decor interior;
tv television series episode; radio podcast; playlist album; lyrics song; wine beer alcohol cocktail; coffee tea cafe; dog cat pet;
insurance coverage policy; visa passport immigration; earthquake disaster hazard; pollution air quality; moon lunar; sun solar;
planet space astronomy; gene dna protein genome; patient medical; lawyer attorney legal; contract agreement; domain dns whois;
ip network; seo keyword; advertisement ad advertising campaign marketing promote; social twitter tweet post facebook instagram;
lead prospect crm opportunity; hire recruit recruiter; salary wage income; profit revenue earning income; debt loan;
fund portfolio etf; quiz trivia exam test; grammar spelling proofread; rewrite paraphrase rephrase; write draft compose;
essay article; brainstorm idea inspiration; meditation mindfulness relax; therapy mental psychology counseling;
tutorial guide manual documentation doc help; debug troubleshoot fix repair; deploy release publish; pipeline workflow action build;
review feedback critique; push upload; pull download; cluster node; pod kubernetes; bucket s3 object blob; queue topic; cache redis;
alarm alert; incident outage; dashboard panel; cron schedule; regex pattern; csv spreadsheet; qr barcode; parking park;
bus transit subway metro; bike bicycle cycling; walk hike pedestrian trail; drive driving car; fuel gas petrol;
area region zone district; street road; zip postal postcode; population census; unit measurement; weight mass;
percent percentage ratio; probability odds chance; triangle rectangle circle shape geometry; matrix vector linear;
derivative integral calculus; average mean median; interest rate; bet betting odds gambling; tournament league championship season;
score result; team club; president leader; war battle; history historical ancient; holiday vacation festival;
religion bible verse scripture; poem poetry; story tale fiction; quote quotation saying; logo design brand; font typeface;
palette color; theme style; icon symbol; attendee participant guest invite invitation; availability free vacancy;
status state progress; id identifier; owner author creator; talk chat conversation; agent assistant bot chatbot;
embedding vector semantic; vulnerability security exploit threat; malware virus; scan check inspect; wallet account balance;
transaction payment transfer; subscription plan membership; refund return; warranty guarantee; supplier vendor; warehouse inventory;
manufacturer maker brand; ingredient component; allergy diet; vegan vegetarian; calorie nutrition; temperature heat;
humidity moisture rain; wind storm; sea ocean marine; mountain peak; river lake water; forest tree; farm agriculture crop;
bird wildlife animal; gallery album photo; camera photo; speaker audio; headset headphone; laptop computer notebook pc;
smartphone phone mobile; app application software; plugin extension addon; install setup; bug defect error; crash failure;
slow performance speed latency; window tab; keyboard type; cursor mouse pointer; clipboard copy paste; print printer; draft version;
rename name; archive backup; synchronize sync replicate; duplicate copy; trash delete; favorite bookmark star; follow follower;
like reaction; mention tag; thread discussion forum; topic subject theme; mailbox inbox; spam junk; attachment file;
recipient receiver to; sender from; signature sign; deadline due; priority urgent importance; milestone goal target;
sprint iteration; backlog todo; assignee assign owner; estimate effort; meeting call conference; agenda schedule; minute note;
recording record; invitation invite; location venue; guest visitor; speaker presenter; audience attendee; feedback survey;
satisfaction rating;
)";

// Between semicolons: the plain form, then forms that a stemmer does not bring together with it.
constexpr std::string_view kForms = R"(
be been being was were; begin began begun; break broke broken; bring brought; build built; buy bought; catch caught;
choose chose chosen; come came; cut cutting; draw drew drawn; drive drove driven; eat ate eaten; fall fell fallen; feel felt;
find found; fly flew flown; forget forgot forgotten; freeze froze frozen; get got gotten; give gave given; go went gone;
grow grew grown; hear heard; hide hid hidden; hold held; keep kept; know knew known; lay laid; lead led; learn learnt; leave left;
lend lent; lose lost; make made; mean meant; meet met; pay paid; ride rode ridden; ring rang rung; run ran; say said; see saw seen;
sell sold; send sent; shake shook; show shown; sing sang sung; sleep slept; speak spoke spoken; speech spoken; spend spent;
stand stood; steal stole stolen; swim swam; take took taken; teach taught; tell told; think thought thoughts; throw threw thrown;
understand understood; wear wore worn; win won; write wrote written; create creation creations; compare comparison comparisons;
convert conversion conversions; divide division; decide decision; describe description descriptions; delete deletion;
subscribe subscription subscriptions; receive receipt reception; reduce reduction; produce production; multiply multiplication;
subtract subtraction; add addition; analyze analyse analysis analyses analytics; synthesize synthesis;
summarize summarise summary summaries; permit permission permissions; expand expansion; extend extension;
transcribe transcription transcript; translate translation translator; recognize recognise recognition; identify identification;
classify classification; notify notification notifications; verify verification; modify modification; simplify simplification;
specify specification; choose choice choices; buy buyer; lose loss losses; grow growth; fly flight flights; rotate rotation;
resolve resolution; solve solution solutions solver; invest investment investments investor; assess assessment; deploy deployment;
pay payment payments; ship shipment shipping; measure measurement measurements; manage management manager; move movement;
retrieve retrieval; approve approval; renew renewal; propose proposal; reserve reservation reservations;
recommend recommendation recommendations; predict prediction predictions; optimize optimise optimization optimisation;
visualize visualise visualization visualisation; organize organise; customize customise; authorize authorise authorization;
authenticate authentication; navigate navigation; calculate calculation calculator; compute computation;
generate generation generator; simulate simulation; animate animation; automate automation; configure configuration configurations;
explore exploration; search searches; complete completion; person people persons; child children; man men; woman women; foot feet;
tooth teeth; mouse mice; index indices indexes; matrix matrices; vertex vertices; axis axes; datum data; criterion criteria;
medium media; life lives; leaf leaves; color colour colours; favorite favourite favourites; center centre; catalog catalogue;
license licence; program programme; behavior behaviour; neighbor neighbour; dialog dialogue; gray grey; meter metre;
kilometer kilometre; liter litre; traveler traveller; jewelry jewellery;
)";

struct Abbreviation {
  std::string_view letters, words;
};
constexpr std::array<Abbreviation, 16> kAbbreviations{{{"pr", "pull request"},
                                                       {"mr", "merge request"},
                                                       {"db", "database"},
                                                       {"ui", "user interface"},
                                                       {"api", "interface"},
                                                       {"ai", "artificial intelligence"},
                                                       {"ml", "machine learning"},
                                                       {"kb", "knowledge base"},
                                                       {"os", "operating system"},
                                                       {"vm", "virtual machine"},
                                                       {"k8s", "kubernetes"},
                                                       {"ci", "continuous integration"},
                                                       {"fs", "file system"},
                                                       {"qa", "question answer"},
                                                       {"tz", "time zone"},
                                                       {"gif", "animated image"}}};

// The pieces of a list between single characters of `gaps`.
template <class F>
void each_item(std::string_view list, std::string_view gaps, F&& item) {
  while (!list.empty()) {
    std::size_t end = std::min(list.find_first_of(gaps), list.size());
    if (end > 0) item(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

using Rings = std::map<std::string, std::vector<std::string>, std::less<>>;

Rings read_rings() {
  Rings rings;
  each_item(kRings, ";\n", [&](std::string_view ring) {
    std::vector<std::string> stems;
    each_item(ring, " ", [&](std::string_view word) { stems.push_back(stem_of(word)); });
    for (const std::string& stem : stems) {
      std::vector<std::string>& others = rings[stem];
      for (const std::string& other : stems) {
        if (other != stem && std::find(others.begin(), others.end(), other) == others.end()) others.push_back(other);
      }
    }
  });
  return rings;
}

}  // namespace

std::string_view plain_form(std::string_view word) {
  static const std::unordered_map<std::string_view, std::string_view> forms = [] {
    std::unordered_map<std::string_view, std::string_view> all;
    each_item(kForms, ";\n", [&](std::string_view line) {
      std::string_view plain;
      each_item(line, " ", [&](std::string_view form) {
        if (plain.empty()) plain = form;
        all.emplace(form, plain);
      });
    });
    return all;
  }();
  auto found = forms.find(word);
  return found == forms.end() ? word : found->second;
}

bool is_stop_word(std::string_view word) {
  static const std::unordered_set<std::string_view> words = [] {
    std::unordered_set<std::string_view> all;
    each_item(kStopWords, " \n", [&](std::string_view one) { all.insert(one); });
    return all;
  }();
  return words.contains(word);
}

std::span<const std::string> synonyms_of(std::string_view stem) {
  static const Rings rings = read_rings();
  auto found = rings.find(stem);
  if (found == rings.end()) return {};
  return found->second;
}

std::string_view written_out(std::string_view word) {
  for (const Abbreviation& one : kAbbreviations) {
    if (one.letters == word) return one.words;
  }
  return {};
}

}  // namespace disclosure
