/**
 * Other words for commands, as people know them from other tools: `secrets rm` for `secrets delete`. An alias means the very
 * thing that its command does; a word that means something else elsewhere is none, and `hints.ts` says what to do instead.
 * Pure. oclif's own aliases would stand in the list of topics (`env` beside `environments`).
 */

/** Says whether a command of that id (`secrets:set`), or a topic, exists. */
export type IsKnown = (id: string) => boolean;

/** Other words for a first word, or for the first two (`platform token`). */
const FIRST_WORDS: Readonly<Record<string, readonly string[]>> = {
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
	exec: ["run"],
	autocomplete: ["completion"],
	completions: ["completion"],
};

const DELETE = { rm: "delete", remove: "delete", del: "delete" };
const LIST = { ls: "list" };

/** Other words for a topic's commands, by the topic's id. */
const VERBS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	apps: { ...LIST, ...DELETE },
	environments: { ...LIST, ...DELETE, add: "create", new: "create" },
	functions: { ...LIST, ...DELETE, log: "logs", refs: "references" },
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
	secrets: {
		...LIST,
		...DELETE,
		unset: "delete",
		add: "set",
		put: "set",
		update: "set",
		show: "get",
		cp: "copy",
		versions: "history",
	},
	vault: { check: "verify" },
};

/** Every alias with its command, both in words: for help, and for tests. */
export function allAliases(): { readonly alias: string; readonly command: string }[] {
	const verbs = Object.entries(VERBS).flatMap(([topic, words]) =>
		Object.entries(words).map(([alias, verb]) => {
			const before = topic.replaceAll(":", " ");
			return { alias: `${before} ${alias}`, command: `${before} ${verb}` };
		}),
	);
	const firsts = Object.entries(FIRST_WORDS).map(([alias, words]) => ({ alias, command: words.join(" ") }));
	return [...verbs, ...firsts];
}

/** The words that stand for a command with another verb (`secrets rm`), as oclif's ids. @param id the command's */
export function aliasesOf(id: string): string[] {
	const command = id.replaceAll(":", " ");
	return allAliases()
		.filter((one) => one.command === command)
		.map(({ alias }) => alias.replaceAll(" ", ":"));
}

/** The words of every alias, which are no typing mistakes of anything. */
export function aliasWords(): string[] {
	return [...Object.keys(FIRST_WORDS), ...Object.values(VERBS).flatMap((words) => Object.keys(words))];
}

function withFirstWord(argv: readonly string[], isKnown: IsKnown): readonly string[] {
	const [first = "", ...rest] = argv;
	const meant = Object.hasOwn(FIRST_WORDS, first) ? FIRST_WORDS[first] : undefined;
	return meant === undefined || isKnown(first) ? argv : [...meant, ...rest];
}

/**
 * A command line with aliases replaced by the words that they stand for. Words that are a command's own stay.
 * @param argv begins with the words of a command; what follows them stays as it is
 */
export function withoutAliases(argv: readonly string[], isKnown: IsKnown): string[] {
	const words = [...withFirstWord(argv, isKnown)];
	for (const length of [2, 1]) {
		const topic = words.slice(0, length).join(":");
		const typed = words[length] ?? "";
		const verbs = Object.hasOwn(VERBS, topic) ? VERBS[topic] : undefined;
		const verb = verbs && Object.hasOwn(verbs, typed) ? verbs[typed] : undefined;
		if (verb === undefined || isKnown(`${topic}:${typed}`) || !isKnown(`${topic}:${verb}`)) continue;
		words[length] = verb;
		break;
	}
	return words;
}
