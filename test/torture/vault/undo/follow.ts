/** The printed hints, followed literally until `vault verify` finds nothing. */
import { AppError } from "../../../../src/errors.ts";
import { run } from "./commands.ts";
import type { World } from "./world.ts";

const STEPS_MAX = 25;
const COMMAND = /(?:^|: |\(or |\()((?:git|coffer) [^\n)]*?)(?:\)|$)/gm;

/** The commands that a hint names, line by line. A command after `&&` follows as the next one. */
export function commandsIn(hint: string): string[] {
	return hint.split("\n").flatMap((line) => {
		const [, command] = /(?:: |^)((?:git|coffer) .*)$/.exec(line) ?? [];
		const [, quoted] = /'((?:git|coffer) [^']*)'/.exec(line) ?? [];
		if (command === undefined && quoted !== undefined) return [quoted];
		return command === undefined ? [...line.matchAll(COMMAND)].flatMap(([, each]) => each ?? []) : [command];
	});
}

/** The first command of a line as a user types it: without alternatives and optional words. */
function literal(command: string): string {
	return command
		.replace(/ \(or .*\)$/, "")
		.replace(/ours\|theirs/, "ours")
		.replace(/local\|platform|platform\|local/, "platform")
		.replace(/ \[NAME\.\.\.\]/, "")
		.replace(/[.,]$/, "");
}

async function attempt(world: World, command: string): Promise<string | undefined> {
	world.note(`> ${command}`);
	try {
		return await run(world, command);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		world.note(`   ${error.code}: ${error.message} [${error.hint}]`);
		// The command line's hint if an identity was replaced.
		if (["NOT_A_MEMBER", "NOT_AN_OWNER"].includes(error.code) && world.previous)
			return "Hand it over: coffer identity rotate";
		// For these, the command line first hints at `vault verify`.
		const isLacking = ["MEMBERSHIP_OLDER", "EPOCH_OLDER", "MEMBERSHIP_DIVERGED"].includes(error.code);
		return isLacking && error.exit === 7 ? "coffer vault verify" : error.hint;
	}
}

/** A git operation is unfinished. Git's own message says to stage the resolved files and to continue. */
function goOn({ repository }: World): void {
	repository.git("add", "-A");
	for (const words of [
		["rebase", "--continue"],
		["cherry-pick", "--continue"],
		["commit", "-q", "--no-edit", "--allow-empty"],
	])
		if (repository.hasOpenOperation && repository.git(...words)) return;
	// The commit to apply is empty by now.
	if (!repository.git("rebase", "--skip") && !repository.git("cherry-pick", "--skip"))
		repository.git("commit", "-q", "--allow-empty", "-m", "done");
}

/**
 * Follows hints.
 * @param before called before each command that a hint names, and after it with what it returned
 * @returns the number of commands; undefined if they do not lead to a valid vault
 */
export async function follow(
	world: World,
	around: (work: () => Promise<string | undefined>) => Promise<string | undefined>,
): Promise<number | undefined> {
	let hint: string | undefined = "coffer vault verify";
	for (let count = 0; count < STEPS_MAX; count++) {
		const commands = commandsIn(hint ?? "").map(literal);
		if (hint !== undefined && commands.length === 0) {
			world.note(`   no command in: ${hint}`);
			return undefined;
		}
		const command: string = hint === undefined ? "coffer vault verify" : world.random.pick(commands);
		const isVerify = command === "coffer vault verify";
		for (const part of command.split(" && ")) {
			hint = await around(() => attempt(world, part));
			if (hint !== undefined) break;
		}
		if (command.startsWith("coffer vault resolve") && hint === undefined)
			world.repository.git("add", "coffer.vault");
		if (hint !== undefined) continue;
		if (world.repository.hasOpenOperation) goOn(world);
		else if (isVerify) return count;
	}
	return undefined;
}
