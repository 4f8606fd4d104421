/** phpdotenv: lines, of which some are joined, and a state for each token of a value. */

import { Needs } from "./expansion.ts";
import { Collector, type Reading } from "./reading.ts";

interface Entry {
	readonly text: string;
	/** 1-based. */
	readonly line: number;
}

/** Reads a text as phpdotenv does. It refuses the whole file for one entry that it does not understand. */
export function readAsPhp(source: string): Reading {
	const found = new Collector();
	for (const { text, line } of entriesOf(source)) {
		const entry = parseEntry(text);
		if (entry === undefined) return found.refused(line);
		if (entry.parts === undefined) found.remove(entry.name);
		else found.add(entry.name, { line, ...resolved(entry.parts, found) });
	}
	return found.done();
}

/** Lines that are neither blank nor comments. Lines between two double quotes are joined. */
function entriesOf(source: string): Entry[] {
	const entries: Entry[] = [];
	let joined: string[] = [];
	for (const [index, line] of source.split(/\r\n|\n|\r/).entries()) {
		const begins = line.includes('="') && !closesQuote(line, true);
		const isOpen = begins || joined.length > 0;
		if (isOpen) joined.push(line);
		if (isOpen && !closesQuote(line, begins)) continue;
		const text = isOpen ? joined.join("\n") : line;
		const first = index + 1 - Math.max(joined.length - 1, 0);
		joined = [];
		if (!/^[ \t\n\r\0\v]*(?:#|$)/.test(text)) entries.push({ text, line: first });
	}
	return entries;
}

function closesQuote(line: string, begins: boolean): boolean {
	if (line === '"') return true;
	const count = [...line.replaceAll("\\\\", "").matchAll(/(?=[^\\]")/g)].length;
	return begins ? count > 1 : count >= 1;
}

const trim = (text: string) => text.replace(/^[ \t\n\r\0\v]+|[ \t\n\r\0\v]+$/g, "");

/** A value in pieces. `isVariable`: a `$` that may begin the name of a variable. */
interface Part {
	readonly text: string;
	readonly isVariable: boolean;
}

/** @returns undefined if the file is refused; no parts for a name without a sign */
function parseEntry(text: string): { name: string; parts: readonly Part[] | undefined } | undefined {
	const sign = text.indexOf("=");
	let name = sign === -1 ? text : trim(text.slice(0, sign));
	if (name.length > 8 && /^export\s/.test(name)) name = name.slice(6).trimStart();
	if (name.length >= 3 && /^(?:".*"|'.*')$/s.test(name)) name = name.slice(1, -1);
	if (!/^[a-zA-Z0-9_.]+$/.test(name)) return undefined;
	if (sign === -1) return { name, parts: undefined };
	const parts = parseValue(trim(text.slice(sign + 1)));
	return parts && { name, parts };
}

type State = "initial" | "bare" | "single" | "double" | "escape" | "space" | "comment";

const TOKEN = /[\r\n]{1,1000}|[^\S\r\n]{1,1000}|[\\'"#$]|[^\s\\'"#$]{1,1000}/g;

const ESCAPES: Readonly<Record<string, string>> = { f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** @returns undefined if the file is refused */
function parseValue(value: string): Part[] | undefined {
	const parts: Part[] = [];
	let state: State | undefined = "initial";
	for (const [token] of value.matchAll(TOKEN)) {
		state = step(state, token, parts);
		if (state === undefined) return undefined;
	}
	return state === "single" || state === "double" || state === "escape" ? undefined : parts;
}

/** @returns the next state; undefined if the file is refused */
function step(state: State, token: string, parts: Part[]): State | undefined {
	const take = (next: State, text = token, isVariable = false): State => {
		parts.push({ text, isVariable });
		return next;
	};
	switch (state) {
		case "initial":
			if (token === "'") return "single";
			if (token === '"') return "double";
			return token === "#" ? "comment" : take("bare", token, token === "$");
		case "bare":
			if (token === "#") return "comment";
			return /^\s/.test(token) ? "space" : take("bare", token, token === "$");
		case "single":
			return token === "'" ? "space" : take("single");
		case "double":
			if (token === '"') return "space";
			return token === "\\" ? "escape" : take("double", token, token === "$");
		case "escape": {
			if (token === '"' || token === "\\" || token === "$") return take("double");
			const escaped = ESCAPES[token.charAt(0)];
			return escaped === undefined ? undefined : take("double", escaped + token.slice(1));
		}
		case "space":
			if (token === "#") return "comment";
			return /^\s/.test(token) ? "space" : undefined;
		case "comment":
			return "comment";
	}
}

/** Replaces `${NAME}` from the last to the first. A name without a value stays as it is. */
function resolved(parts: readonly Part[], found: Collector): { value: string; needs: readonly string[] } {
	const needs = new Needs((name) => found.get(name));
	let value = "";
	for (const { text, isVariable } of [...parts].reverse()) {
		value = text + value;
		const match = isVariable ? /^\$\{([a-zA-Z0-9_.]+)\}/.exec(value) : null;
		if (match === null) continue;
		const [whole, name = ""] = match;
		value = (needs.get(name) ?? whole) + value.slice(whole.length);
	}
	return needs.expanded(value);
}
