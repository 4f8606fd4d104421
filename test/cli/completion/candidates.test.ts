/** The candidates at the cursor, for the commands of the manifest. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Catalogue, complete, rejoinWords } from "../../../src/cli/completion/candidates.ts";
import { ROOT } from "../../support/root.ts";

const manifest = JSON.parse(readFileSync(join(ROOT, "oclif.manifest.json"), "utf8"));
const commands = Object.values(manifest.commands) as Catalogue["commands"];
const NAMES = {
	secrets: ["API_KEY", "MAIL_KEY"],
	environments: ["preview", "production"],
	functions: ["api/orders", "login"],
	members: ["ana@laptop", "ben"],
};
const catalogue: Catalogue = {
	commands,
	topics: [
		...new Set(commands.flatMap(({ id }) => (id.includes(":") ? [id.slice(0, id.lastIndexOf(":"))] : []))),
	].map((name) => ({ name })),
	environment: "production",
	names: (kind, environment) =>
		kind === "secrets" && environment === "preview" ? ["ONLY_PREVIEW"] : NAMES[kind],
};

function valuesOf(line: string): string[] {
	return complete(line.split(" "), catalogue).candidates.map(({ value }) => value);
}

test.each([
	["secrets get ", NAMES.secrets],
	["secrets get M", ["MAIL_KEY"]],
	["secrets delete API_KEY ", ["MAIL_KEY"]],
	["secrets rm API_KEY ", ["MAIL_KEY"]],
	["secrets get -e preview ", ["ONLY_PREVIEW"]],
	["secrets get --environment=preview ", ["ONLY_PREVIEW"]],
	["-e preview secrets get ", ["ONLY_PREVIEW"]],
	["secrets copy --from preview --to production ", ["ONLY_PREVIEW"]],
	["secrets copy --to p", NAMES.environments],
	["env rm pre", ["preview"]],
	["functions logs l", ["login"]],
	["members remove ", NAMES.members],
	["run --allow-unsafe M", ["MAIL_KEY"]],
	["vault resolve --take ", ["ours", "theirs"]],
	["vault resolve --take=t", ["theirs"]],
	["completion ", ["bash", "zsh", "fish"]],
	["secrets get --re", ["--reveal"]],
	["secrets get --reveal --re", []],
	["platform tok", ["token"]],
	["platform token c", ["create"]],
	["link ba", ["base44"]],
	["complet", ["completion"]],
	["members add --name ", []],
	["nothing like it ", []],
])("completion after `coffer %s` offers %j", (line, values) => {
	expect(valuesOf(line)).toEqual(values);
});

test.each([
	["secrets set --env-file ", "files"],
	["secrets set --env-file=x", "files"],
	["identity import ", "files"],
	["platform start --data ", "folders"],
	["platform backup ", "folders"],
	["run -- n", "command"],
	["secrets get -- A", "words"],
])("`coffer %s` is completed by %s", (line, kind) => {
	expect(complete(line.split(" "), catalogue).kind).toBe(kind);
});

describe("every command", () => {
	test.each(commands.filter(({ hidden }) => !hidden).map(({ id }) => ({ id })))(
		"$id is completed word by word",
		({ id }) => {
			const words = id.split(":");
			for (let at = 0; at < words.length; at++)
				expect(valuesOf([...words.slice(0, at), words[at]?.slice(0, -1)].join(" "))).toContain(words[at]);
		},
	);
});

test("words that bash splits at '=' are joined", () => {
	expect(rejoinWords(["set", "--env-file", "=", "a"])).toEqual(["set", "--env-file=a"]);
	expect(rejoinWords(["set", "--env-file", "="])).toEqual(["set", "--env-file="]);
	expect(rejoinWords(["set", "A", "=", "b", "C"])).toEqual(["set", "A=b", "C"]);
});

test("completion fails for no line", () => {
	const word = fc.oneof(
		fc.string(),
		fc.constantFrom("-e", "--", "=", "secrets", "set", "--env-file", "--take", "run", "rm"),
	);
	fc.assert(
		fc.property(fc.array(word, { maxLength: 6 }), (line) => {
			expect(complete(line, catalogue).candidates).toBeInstanceOf(Array);
		}),
	);
});
