/** Checks that a command is refused. */
import { expect } from "vitest";
import type { Started } from "./process.ts";
import type { Project } from "./project.ts";

/** Stands for a secret value in the arguments of refused commands. */
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
 * Runs the command with and without `--json`: both have the same exit status, print nothing on stdout, print
 * no value, and change no byte of the vault.
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

/** `secrets --json set` is not a command, so the flag goes after the topic's command. */
function jsonBehindTopic(word: string, index: number, words: readonly string[]): string[] {
	const topics = ["secrets", "functions", "platform"];
	if (!topics.includes(words[0] ?? "")) return [word];
	if (index === 1) return [];
	return index === 2 ? [word, "--json"] : [word];
}
