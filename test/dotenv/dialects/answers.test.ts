/** Each model reads the corpus as the real reader did, and the readers that are here still read it so. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dotenv, dotenvx, next, node20 } from "../../../scripts/record/dotenv-readers/in-process.mjs";
import {
	type Answer,
	bash,
	deno,
	direnv,
	python,
	ruby,
} from "../../../scripts/record/dotenv-readers/programs.mjs";
import { DIALECTS } from "../../../src/dotenv/dialects/all.ts";
import { comparable, disagreements, modelled } from "./real.ts";

interface Recorded {
	readonly version: string;
	readonly answers: Readonly<Record<string, Answer>>;
}

const read = (file: string) => JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as unknown;
const RECORDED = read("answers.json") as Readonly<Record<string, Recorded>>;
const CORPUS = read("corpus.json") as Readonly<Record<string, string>>;
const TITLES = Object.keys(CORPUS);
const TEXTS = Object.values(CORPUS);

const NODE_MAJOR = process.versions.node.split(".")[0];
const LIVE = { dotenv, dotenvx, next, python, ruby, bash, deno, direnv };

function recordedOf(name: string): Recorded {
	const found = RECORDED[name];
	if (found === undefined) throw new Error(`No answers of ${name} are recorded.`);
	return found;
}

test("answers of every reader are recorded for every file, with the version that the table names", () => {
	expect(Object.keys(RECORDED)).toEqual(DIALECTS.map(({ name }) => name).sort());
	for (const { name, version } of DIALECTS) {
		expect(Object.keys(recordedOf(name).answers)).toEqual(TITLES);
		expect(recordedOf(name).version).toMatch(new RegExp(`^${version.replaceAll(".", "\\.")}(?:\\.|$)`));
	}
});

test.each(DIALECTS.map(({ name }) => name))("the model of %s reads the corpus as the reader did", (name) => {
	const answers = TITLES.map((title) => recordedOf(name).answers[title] ?? null);
	expect(disagreements(name, TEXTS, answers)).toEqual([]);
	const unknown = TEXTS.filter((text) => modelled(name, text) === "unknown");
	// bash runs a line with two words as a program, and some readers expand $1 and $$. What that gives is not known.
	expect(unknown.length).toBeLessThanOrEqual(name === "bash" ? 20 : 4);
});

describe("a reader that is here", () => {
	test("is each one that the table calls live", () => {
		const live = DIALECTS.filter(({ held }) => held === "live").map(({ name }) => name);
		expect(live.sort()).toEqual([...Object.keys(LIVE), "node20"].sort());
	});

	test.each(Object.entries(LIVE))("%s answers as recorded", (name, reader) => {
		const { version } = recordedOf(name);
		expect(reader.version()).toBe(version);
		// What bash runs, and the number of its process in $$, is not the same in each run.
		const titles = TITLES.filter((title) => modelled(name, CORPUS[title] ?? "") !== "unknown");
		const answers = titles.map((title) => comparable(recordedOf(name).answers[title] ?? null));
		expect(reader.read(titles.map((title) => CORPUS[title] ?? "")).map(comparable)).toEqual(answers);
	});

	test("this Node reads as the model of its version does", () => {
		const name = NODE_MAJOR === "20" ? "node20" : "node";
		expect(disagreements(name, TEXTS, node20.read(TEXTS))).toEqual([]);
	});
});
