/**
 * Hints for commands that other tools have and Coffer does not have, or has under another name. Each hint
 * follows "There is no such command." No hint names a command that deletes something. Pure.
 */

const SET_FILE = "To set all secrets of a file: coffer secrets set --env-file FILE.";
const RUN =
	"To run a command with the secrets: coffer run -- COMMAND. To print one: coffer secrets get NAME --reveal.";
const EXPORT = "To export the secrets in the format of another tool: coffer secrets export --output FILE.";
const SYNC = "Git shares the vault with your team. To sync it with its platform: coffer sync.";
const START =
	"To run the functions on this machine: coffer dev. On a platform: coffer platform start, then coffer functions deploy.";
const LINK = "To connect an environment with a platform, by an access token: coffer link URL --app APP.";
const SET = "To set a secret: coffer secrets set NAME.";
const GET = "To print a secret: coffer secrets get NAME --reveal.";
const LIST = "To list the secrets: coffer secrets list.";
const INVITE = "To add a member: coffer members add KEY --name NAME.";
const CHOOSE = "To use another environment, add -e NAME to the command.";

/** The hints by topic and words. The topic `*` has the words without a topic. */
const HINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	"*": {
		"login auth signin connect": LINK,
		"whoami me": "To see this device's public key: coffer identity show.",
		"list ls": LIST,
		"set add put": SET,
		"get show read reveal": GET,
		"export download dump": EXPORT,
		"print inject": RUN,
		"push pull fetch": SYNC,
		"deploy publish": "To deploy the functions: coffer functions deploy.",
		"logs log tail": "To see a function's output: coffer functions logs NAME.",
		"serve start up": START,
		"check audit validate": "To check the vault: coffer vault verify.",
		"setup new create": "To create a vault in this folder: coffer init.",
		"invite share": INVITE,
		"history versions": "To see a secret's versions: coffer secrets history NAME.",
		"use switch select": CHOOSE,
		"upload load": SET_FILE,
		version: "To see the version: coffer --version.",
		key: "To see this device's public key: coffer identity show.",
	},
	environments: {
		"rename mv move":
			"To rename an environment, create another one and copy: coffer environments create NEW, then coffer secrets copy --from OLD --to NEW --all.",
		"use switch select set": CHOOSE,
		"pull push fetch sync": SYNC,
		"show get info": "To list the environments: coffer environments list.",
		"copy cp clone": "To copy secrets: coffer secrets copy --from ENVIRONMENT --to ENVIRONMENT --all.",
	},
	functions: {
		"run start dev": START,
		"call request": "To send a request to a function: coffer functions invoke NAME.",
		"publish push update up": "To deploy functions: coffer functions deploy.",
		"tail watch": "To follow a function's output: coffer functions logs NAME --follow.",
		"show get info status": "To list the functions with their states: coffer functions list.",
	},
	identity: {
		"list ls get": "To see this device's identity: coffer identity show.",
		"backup save":
			"To export this device's identity to a file with a passphrase: coffer identity export FILE.",
	},
	members: {
		"invite create new": INVITE,
		"show get": "To list the members: coffer members list.",
		"update edit set promote demote": "To see the members and their roles: coffer members list.",
	},
	platform: {
		"serve run up dev": "To start a platform: coffer platform start.",
		"status ps": "To see the state of an environment and its platform: coffer status.",
		login: LINK,
	},
	secrets: {
		"import upload load bulk": SET_FILE,
		"download dump": EXPORT,
		"print env inject": RUN,
		"push pull fetch sync": SYNC,
		"rotate change": "To change a secret's value: coffer secrets set NAME.",
		"reveal read cat view": GET,
		"log logs": "To see a secret's versions: coffer secrets history NAME.",
		"search find": "To list some secrets: coffer secrets list 'STRIPE_*'.",
		"revert undo": "To see a secret's earlier versions: coffer secrets history NAME.",
	},
	vault: {
		"create init new": "To create a vault in this folder: coffer init.",
		"list ls show": "To list the secrets in the vault: coffer secrets list.",
		"status info": "To see the state of the vault: coffer status.",
	},
};

/** Every hint with its words: for tests. */
export function allHints(): { readonly words: string; readonly hint: string }[] {
	return Object.entries(HINTS).flatMap(([topic, hints]) =>
		Object.entries(hints).flatMap(([verbs, hint]) =>
			verbs.split(" ").map((verb) => ({ words: topic === "*" ? verb : `${topic} ${verb}`, hint })),
		),
	);
}

let hintsByWords: ReadonlyMap<string, string> | undefined;

/** The hint for words that are not a command; undefined if there is none. @param words without aliases */
export function hintFor(words: readonly string[]): string | undefined {
	const [first = "", second = ""] = words;
	hintsByWords ??= new Map(allHints().map(({ words, hint }) => [words, hint]));
	return hintsByWords.get(`${first} ${second}`) ?? hintsByWords.get(first);
}
