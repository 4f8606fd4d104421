/**
 * What to do instead of a command that other tools have and Coffer has not, or has under a name that means something else
 * there. Each is a sentence's end, behind "There is no such command." Pure. None names a command that takes something away.
 */

const SET_FILE = "To set all of a file: coffer secrets set --env-file FILE.";
const RUN =
	"To hand the secrets to a command: coffer run -- COMMAND. To print one: coffer secrets get NAME --reveal.";
const SYNC = "Git carries the vault to others; to bring it to its platform and back: coffer sync.";
const START = "Functions run on a platform: coffer platform start, then coffer functions deploy.";
const LINK = "To connect an environment with a platform, with its access token: coffer link URL --app APP.";
const SET = "To set a secret: coffer secrets set NAME.";
const GET = "To print a secret: coffer secrets get NAME --reveal.";
const LIST = "To list the secrets: coffer secrets list.";
const INVITE = "To let somebody in: coffer members add KEY --name NAME.";
const CHOOSE = "To work in another environment: -e NAME behind the command.";
const RENAME =
	"To rename a secret, set its value under the new name first: coffer secrets get OLD --reveal | coffer secrets set NEW --stdin.";

/** By words: of the sentence's topic, or `*` for words that stand by themselves. */
const HINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	"*": {
		"login auth signin connect": LINK,
		"whoami me": "To see this device's public key: coffer identity show.",
		"list ls": LIST,
		"set add put": SET,
		"get show read reveal": GET,
		"export download dump print inject": RUN,
		"push pull fetch": SYNC,
		"deploy publish": "To deploy the functions: coffer functions deploy.",
		"logs log tail": "To see what a function writes: coffer functions logs NAME.",
		"serve start dev up": START,
		"check doctor audit validate": "To check the vault: coffer vault verify.",
		"setup new create": "To make a vault in this folder: coffer init.",
		"invite share": INVITE,
		"history versions": "To see a secret's versions: coffer secrets history NAME.",
		"use switch select": CHOOSE,
		"upload load": SET_FILE,
		version: "To see the version: coffer --version.",
		key: "To see this device's public key: coffer identity show.",
	},
	environments: {
		"rename mv move":
			"To rename an environment, make another one and copy: coffer environments create NEW, then coffer secrets copy --from OLD --to NEW --all.",
		"use switch select set": CHOOSE,
		"pull push fetch sync": SYNC,
		"show get info": "To list the environments: coffer environments list.",
		"copy cp clone": "To copy secrets: coffer secrets copy --from ENVIRONMENT --to ENVIRONMENT --all.",
	},
	functions: {
		"serve run start dev invoke call": START,
		"new create init add":
			"A function is a file, functions/NAME/index.ts: write it, then coffer functions deploy.",
		"publish push update up": "To deploy functions: coffer functions deploy.",
		"tail watch": "To follow what a function writes: coffer functions logs NAME --follow.",
		"show get info status": "To list the functions with their states: coffer functions list.",
	},
	identity: {
		"list ls get": "To see this device's identity: coffer identity show.",
		"backup save":
			"To write this device's identity to a file, under a passphrase: coffer identity export FILE.",
	},
	members: {
		"invite create new": INVITE,
		"show get": "To list the members: coffer members list.",
		"update edit set promote demote": "To see who may do what: coffer members list.",
	},
	platform: {
		"serve run up dev": "To start a platform: coffer platform start.",
		"status ps": "To see how an environment stands to its platform: coffer status.",
		login: LINK,
	},
	secrets: {
		"rename mv move": RENAME,
		"import upload load bulk": SET_FILE,
		"export download dump print env inject": RUN,
		"push pull fetch sync": SYNC,
		"rotate edit change": "To give a secret another value: coffer secrets set NAME.",
		"reveal read cat view": GET,
		"log logs": "To see a secret's versions: coffer secrets history NAME.",
		"search find": LIST,
		"revert undo": "To see a secret's earlier versions: coffer secrets history NAME.",
	},
	vault: {
		"create init new": "To make a vault in this folder: coffer init.",
		"list ls show": "To list the secrets in the vault: coffer secrets list.",
		"status info": "To see how the vault stands: coffer status.",
	},
};

/** Every hint with the words that it is for: for tests. */
export function allHints(): { readonly words: string; readonly hint: string }[] {
	return Object.entries(HINTS).flatMap(([topic, hints]) =>
		Object.entries(hints).flatMap(([verbs, hint]) =>
			verbs.split(" ").map((verb) => ({ words: topic === "*" ? verb : `${topic} ${verb}`, hint })),
		),
	);
}

/** The hint for words that are no command; undefined where there is none. @param words without aliases */
export function hintFor(words: readonly string[]): string | undefined {
	const [first = "", second = ""] = words;
	const typed = [`${first} ${second}`, first];
	return allHints().find((one) => typed.includes(one.words))?.hint;
}
