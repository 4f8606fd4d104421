/** Suggestions for words that are not a command: for all commands, and for typical mistakes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allAliases, withoutAliases } from "../../../src/cli/command-words/aliases.ts";
import { withFlagsLast } from "../../../src/cli/command-words/global-flags.ts";
import { allHints, hintFor } from "../../../src/cli/command-words/hints.ts";
import { DESTRUCTIVE, suggester } from "../../../src/cli/command-words/suggestion.ts";
import { TARGET_KINDS } from "../../../src/targets/kinds.ts";
import { ROOT } from "../../support/root.ts";

/**
 * Last words of commands that delete nothing. The last word of a new command belongs here or into
 * `DESTRUCTIVE`. The name of a kind of target is the last word of the command that links it.
 */
const HARMLESS = new Set([
	...TARGET_KINDS.keys(),
	..."add ask backup check completion console copy create debt decline default deploy dev diff doctor edit export fill get history import init invoke link list logs migrate merge new note plan references scan rename requests run serve set setup show start status sync textconv types verify watch".split(
		" ",
	),
]);

const manifest = JSON.parse(readFileSync(join(ROOT, "oclif.manifest.json"), "utf8"));
const commands: string[] = Object.keys(manifest.commands).filter((id) => !manifest.commands[id].hidden);
const topics = [
	...new Set(commands.flatMap((id) => (id.includes(":") ? [id.slice(0, id.lastIndexOf(":"))] : []))),
];
const known = [...commands, ...topics];
const suggest = suggester(known);
const isKnown = (id: string) => known.includes(id);
const isDestructive = (words: string) => DESTRUCTIVE.has(words.split(" ").at(-1) ?? "");

/** Typing mistakes in a word. */
function typosOf(word: string): string[] {
	const typos = new Set<string>();
	for (let at = 0; at < word.length; at++) {
		typos.add(word.slice(0, at) + word.slice(at + 1));
		typos.add(word.slice(0, at + 1) + word.slice(at));
		typos.add(word.slice(0, at) + (word[at + 1] ?? "") + (word[at] ?? "") + word.slice(at + 2));
		typos.add(`${word.slice(0, at)}q${word.slice(at + 1)}`);
		typos.add(`${word.slice(0, at)}e${word.slice(at)}`);
	}
	for (const ending of ["s", "e", "ed", "ing"]) typos.add(word + ending);
	typos.delete(word);
	return [...typos];
}

/** Every command with one word mistyped. */
const MISTYPED = commands.flatMap((id) =>
	id
		.split(":")
		.flatMap((word, index, words) =>
			typosOf(word).map((typo) => ({ id, typed: words.map((own, at) => (at === index ? typo : own)) })),
		),
);

describe("a mistyped command", () => {
	const unknown = MISTYPED.map(({ id, typed }) => ({ id, typed: withoutAliases(typed, isKnown) }))
		.filter(({ typed }) => !isKnown(typed.join(":")))
		.map(({ id, typed }) => ({ id, typed, meant: suggest(typed) }));

	test("causes the suggestion of the meant command, its topic, or none", () => {
		const wrong = unknown.flatMap(({ id, typed, meant }) => {
			const isOwn = meant === undefined || id.replaceAll(":", " ").startsWith(meant);
			return isOwn ? [] : [`${typed.join(" ")} → ${meant}`];
		});
		expect(wrong).toEqual([]);
	});

	test("never causes the suggestion of a destructive command", () => {
		const wrong = unknown.flatMap(({ typed, meant }) => {
			return meant !== undefined && isDestructive(meant) ? [`${typed.join(" ")} → ${meant}`] : [];
		});
		expect(wrong).toEqual([]);
	});

	test("that is harmless is recognised in most of its typing mistakes", () => {
		const harmless = unknown.filter(({ id }) => !isDestructive(id.replaceAll(":", " ")));
		const recognised = harmless.filter(({ id, meant }) => meant === id.replaceAll(":", " "));
		expect(recognised.length / harmless.length).toBeGreaterThan(0.8);
	});
});

test("no suggestion or hint is destructive, whatever verb follows a topic", () => {
	const verbs = new Set([
		...commands.flatMap((id) => id.split(":")),
		...allHints().flatMap(({ words }) => words.split(" ")),
	]);
	const suggestions = [...topics, ...commands].flatMap((first) =>
		[...verbs].flatMap((verb) => {
			const typed = withoutAliases([...first.split(":"), verb], isKnown);
			if (isKnown(typed.join(":"))) return [];
			return [suggest(typed) ?? "", hintFor(typed) ?? ""].map((text) => `${typed.join(" ")} → ${text}`);
		}),
	);
	const named = new RegExp(`→.*\\b(${[...DESTRUCTIVE].join("|")})\\b`);
	expect(suggestions.filter((text) => named.test(text))).toEqual([]);
	expect(suggestions.length).toBeGreaterThan(1000);
});

test.each([
	["functions start", /coffer dev\. On a platform: coffer platform start/],
	["secrets import", /--env-file FILE/],
	["login", /coffer link URL/],
	["list", /coffer secrets list/],
])("the hint for `coffer %s` says what to do instead", (typed, says) => {
	const words = withoutAliases(typed.split(" "), isKnown);
	expect(suggest(words)).toBe(undefined);
	expect(hintFor(words)).toMatch(says);
});

test.each([
	["secrets lits", "secrets list"],
	["secrets gte NAME", "secrets get"],
	["secrest list", "secrets list"],
	["enviroments list", "environments list"],
	["secretz", "secrets"],
	["secrets net", undefined],
	["secrets delet", undefined],
	["platform token creat", "platform token create"],
])("`coffer %s` suggests %s", (typed, meant) => {
	expect(suggest(withoutAliases(typed.split(" "), isKnown))).toBe(meant);
});

test("every hint names commands that exist", () => {
	const missing = allHints().flatMap(({ hint }) =>
		[...hint.matchAll(/coffer ([a-z0-9]+)(?: ([a-z0-9]+))?/g)].flatMap(([text, first = "", second]) => {
			const ids = [second === undefined ? first : `${first}:${second}`, first];
			return ids.some((id) => commands.includes(id)) ? [] : [text];
		}),
	);
	expect(missing).toEqual([]);
});

test("every alias stands for a command or a topic, and hides no command", () => {
	// Topics that this version may not have.
	const present = allAliases().filter(({ command }) => !command.startsWith("apps"));
	for (const { alias, command } of present) {
		expect([alias, isKnown(command.replaceAll(" ", ":"))]).toEqual([alias, true]);
		expect([alias, isKnown(alias.replaceAll(" ", ":"))]).toEqual([alias, false]);
		expect(
			withoutAliases([...alias.split(" "), "ls"], isKnown)
				.slice(0, command.split(" ").length)
				.join(" "),
		).toBe(command);
	}
});

test.each([
	["secrets rm A rm", "secrets delete A rm"],
	["env ls", "environments list"],
	["token ls", "platform token list"],
	["secrets set ls", "secrets set ls"],
	["run ls", "run ls"],
	["exec -- ls", "run -- ls"],
	["constructor toString", "constructor toString"],
	["secrets constructor", "secrets constructor"],
])("`coffer %s` runs `coffer %s`", (typed, own) => {
	expect(withoutAliases(typed.split(" "), isKnown).join(" ")).toBe(own);
});

test.each([
	["-e preview secrets list", "secrets list -e preview"],
	["--json status", "status --json"],
	["secrets -e preview list --reveal", "secrets list -e preview --reveal"],
	["-epreview --json run -- ls -e x", "run -epreview --json -- ls -e x"],
	["--environment=p platform --json token list", "platform token list --environment=p --json"],
	["secrets set -e p A=1 list", "secrets set -e p A=1 list"],
	["-e", "-e"],
	["--yes secrets list", "--yes secrets list"],
	["--help", "--help"],
])("`coffer %s` runs `coffer %s`", (typed, own) => {
	const isCommand = (id: string) => commands.includes(id);
	expect(withFlagsLast(typed.split(" "), isKnown, isCommand).join(" ")).toBe(own);
});

test("every command is listed as destructive or as harmless", () => {
	const verbs = new Set(commands.map((id) => id.split(":").at(-1) ?? ""));
	expect([...verbs].filter((verb) => !DESTRUCTIVE.has(verb) && !HARMLESS.has(verb))).toEqual([]);
	expect([...HARMLESS].filter((verb) => DESTRUCTIVE.has(verb))).toEqual([]);
});
