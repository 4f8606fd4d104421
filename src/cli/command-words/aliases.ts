/**
 * Aliases for commands, with words that users know from other tools: `secrets rm` for `secrets delete`. An alias does
 * exactly what its command does. A word that means something else in other tools is not an alias; `hints.ts` has the
 * hint for it. oclif's own aliases are not used, because help would list them as topics (`env` beside `environments`).
 * Pure.
 */

/** Whether there is a command or a topic with that id (`secrets:set`). */
export type IsKnown = (id: string) => boolean;

/** Aliases for the first word of a command, or for its first two words (`platform token`). */
const FIRST_WORDS: Readonly<Record<string, readonly string[]>> = {
	request: ["requests", "ask"],
	secret: ["secrets"],
	env: ["environments"],
	envs: ["environments"],
	environment: ["environments"],
	fn: ["functions"],
	fns: ["functions"],
	function: ["functions"],
	member: ["members"],
	app: ["apps"],
	token: ["platform", "token"],
	tokens: ["platform", "token"],
	dashboard: ["console"],
	exec: ["run"],
	autocomplete: ["completion"],
	completions: ["completion"],
	ui: ["console"],
};

const DELETE = { rm: "delete", remove: "delete", del: "delete" };
const LIST = { ls: "list" };

/** Aliases for the commands of a topic, by the topic's id. An empty one is the command that has the topic's name. */
const VERBS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	apps: { ...LIST, ...DELETE },
	"apps:hosts": { ...LIST, rm: "remove", del: "remove", delete: "remove" },
	environments: { ...LIST, ...DELETE, add: "create", new: "create" },
	functions: {
		...LIST,
		...DELETE,
		log: "logs",
		refs: "references",
		create: "new",
		add: "new",
		init: "new",
	},
	identity: { create: "new", generate: "new", whoami: "show" },
	members: { ...LIST, rm: "remove", del: "remove", delete: "remove" },
	"platform:token": {
		...LIST,
		rm: "revoke",
		del: "revoke",
		delete: "revoke",
		remove: "revoke",
		new: "create",
	},
	requests: { list: "", ls: "", new: "ask", reject: "decline" },
	secrets: {
		...LIST,
		...DELETE,
		unset: "delete",
		add: "set",
		put: "set",
		update: "set",
		show: "get",
		cp: "copy",
		mv: "rename",
		move: "rename",
		versions: "history",
	},
	vault: { check: "verify" },
};

/** Every alias with its command, as words: for help and for tests. */
export function allAliases(): { readonly alias: string; readonly command: string }[] {
	const verbs = Object.entries(VERBS).flatMap(([topic, words]) =>
		Object.entries(words).map(([alias, verb]) => {
			const before = topic.replaceAll(":", " ");
			return { alias: `${before} ${alias}`, command: `${before} ${verb}`.trimEnd() };
		}),
	);
	const firsts = Object.entries(FIRST_WORDS).map(([alias, words]) => ({ alias, command: words.join(" ") }));
	return [...verbs, ...firsts];
}

/** The aliases of a command (`secrets:rm`). @param id the id of the command */
export function aliasesOf(id: string): string[] {
	const command = id.replaceAll(":", " ");
	return allAliases()
		.filter((one) => one.command === command)
		.map(({ alias }) => alias.replaceAll(" ", ":"));
}

/** The words of every alias. None of them counts as a typing mistake. */
export function aliasWords(): string[] {
	return [...Object.keys(FIRST_WORDS), ...Object.values(VERBS).flatMap((words) => Object.keys(words))];
}

function withFirstWord(argv: readonly string[], isKnown: IsKnown): readonly string[] {
	const [first = "", ...rest] = argv;
	const words = Object.hasOwn(FIRST_WORDS, first) ? FIRST_WORDS[first] : undefined;
	return words === undefined || isKnown(first) ? argv : [...words, ...rest];
}

/**
 * Replaces the aliases in a command line by the words of the command. The words of an existing command do not
 * change.
 * @param argv begins with the words of a command; the words after them do not change
 */
export function withoutAliases(argv: readonly string[], isKnown: IsKnown): string[] {
	const words = [...withFirstWord(argv, isKnown)];
	for (const length of [2, 1]) {
		const topic = words.slice(0, length).join(":");
		const typed = words[length] ?? "";
		const verbs = Object.hasOwn(VERBS, topic) ? VERBS[topic] : undefined;
		const verb = verbs && Object.hasOwn(verbs, typed) ? verbs[typed] : undefined;
		const own = verb === "" ? [] : [verb ?? ""];
		if (verb === undefined || isKnown(`${topic}:${typed}`) || !isKnown([topic, ...own].join(":"))) continue;
		words.splice(length, 1, ...own);
		break;
	}
	return words;
}
