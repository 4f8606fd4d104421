/** A command that must be refused, and what that means. */
import { expect } from "vitest";
import type { Started } from "./process.ts";
import type { Project } from "./project.ts";

/** Stands for a value where a command is given what it refuses. */
export const CANARY = "canary-0d9f77";

export interface Refusal {
	readonly args: readonly string[];
	readonly exit: number;
	readonly code: string;
	readonly line?: number;
	readonly says?: RegExp;
	readonly input?: Started["input"];
	readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs it for a person, as a process of its own, and for a program: same exit, nothing on stdout, no value, and not a byte of
 * the vault.
 */
export async function expectRefused(where: Project, refusal: Refusal): Promise<void> {
	const { args, exit, code, line, says = /./, input, env } = refusal;
	const vault = where.vault;
	const options = { input, env: env ?? {} };
	const [readable, machine] = [
		await where.coffer(args, options),
		await where.kept([args[0] ?? "", "--json", ...args.slice(1)].flatMap(jsonBehindTopic), options),
	];
	const document = machine.error();
	expect(document).toEqual({
		code,
		exit,
		message: expect.stringMatching(says),
		hint: expect.stringMatching(/./),
		...(line === undefined ? {} : { line }),
	});
	expect([readable.status, machine.status]).toEqual([exit, exit]);
	expect([readable.stdout, machine.stdout]).toEqual(["", ""]);
	expect(readable.stderr).toContain("Error: ");
	for (const { stderr } of [readable, machine]) expect(stderr).not.toContain(CANARY);
	expect(where.vault).toBe(vault);
}

/** `secrets --json set` is no command: the flag goes behind the topic's command. */
function jsonBehindTopic(word: string, index: number, words: readonly string[]): string[] {
	const topics = ["secrets", "functions", "platform"];
	if (!topics.includes(words[0] ?? "")) return [word];
	if (index === 1) return [];
	return index === 2 ? [word, "--json"] : [word];
}
