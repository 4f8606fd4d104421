/** Describes the nodes of a platform, and its backups. */
import { BACKUP_AHEAD_MS, BACKUP_OLD_MS, type NodeEvent, type PlatformStatus } from "../../protocol/nodes.ts";
import { formatMinute } from "../context/instant.ts";
import { count, MARKS } from "../shell/render.ts";

/** The first part of a node's name, which tells nodes apart. */
const NAME_CHARACTERS = 8;

export function shortName(node: string): string {
	return node === "" ? "-" : node.slice(0, NAME_CHARACTERS);
}

/** The line for a node that has followed a change, or has not. */
export function nodeLine({ failed, node, status }: NodeEvent): string {
	const name = `node ${shortName(node)}`;
	switch (status) {
		case "followed":
			return `  ${MARKS.ok} ${name} follows`;
		case "failed":
			return `  ${MARKS.failed} ${name}: ${failed.join(", ")} did not start there; earlier versions still serve`;
		case "gone":
			return `  ${MARKS.failed} ${name} stops, or does not answer`;
		case "waiting":
			return `  ${MARKS.failed} ${name} has not followed yet`;
	}
}

/** What to say about the apps with which a node is not as far as the others. */
export function appLines({ apps = [], node }: PlatformStatus["nodes"][number]): string[] {
	const name = `Node ${shortName(node)}`;
	return apps.map(({ app, failed, phase }) => {
		if (phase === "trying") return `${name} tries a change of app ${app} before the other nodes.`;
		if (phase === "failed")
			return `${name}: ${failed.join(", ")} of app ${app} did not start there. Earlier versions still serve.`;
		return `${name} has not followed the newest change of app ${app} yet.`;
	});
}

/** What is wrong with the store, and what to do. */
export function faultLine({ code, hint, message }: NonNullable<PlatformStatus["store"]["fault"]>): string {
	return `${code}: ${message} ${hint}`;
}

/** A row of the table of nodes. */
export function nodeRow(node: PlatformStatus["nodes"][number]): string[] {
	const { live, idle, failed } = node.functions;
	return [
		shortName(node.node) + (node.self ? " *" : ""),
		node.stopping ? "stopping" : "answers",
		node.version,
		`${live} live, ${idle} idle, ${failed} failed`,
		String(node.revision),
		node.control === "" ? "-" : node.control,
	];
}

const UNITS = [
	["day", 86_400_000],
	["hour", 3_600_000],
	["minute", 60_000],
] as const;

/** `3 days`, `1 hour`: whole units of the greatest one. */
function ageText(ms: number): string {
	const [unit, unitMs] = UNITS.find(([, each]) => ms >= each) ?? ["minute", 60_000];
	return count(Math.max(0, Math.floor(ms / unitMs)), unit);
}

/** What to say about the backups. The line is empty if an earlier platform does not record them. */
export function backupLine(
	backups: PlatformStatus["backups"],
	nowMs: number,
): { readonly line: string; readonly isWarning: boolean } {
	if (backups === undefined) return { line: "", isWarning: false };
	if (backups === null) return { line: "The records of backups cannot be read now.", isWarning: true };
	const [newest] = backups;
	if (newest === undefined) {
		const line = "No backup is recorded. Make one with 'coffer platform backup DIR'.";
		return { line, isWarning: true };
	}
	const ageMs = nowMs - newest.createdMs;
	if (ageMs < -BACKUP_AHEAD_MS) {
		const at = formatMinute(new Date(newest.createdMs).toISOString());
		const line = `The newest backup, ${newest.name}, is from ${at}, which is in the future: a clock is wrong, here or where it was made. So nobody is told when it is old.`;
		return { line, isWarning: true };
	}
	const line = `The newest backup, ${newest.name}, is ${ageText(ageMs)} old.`;
	return ageMs > BACKUP_OLD_MS
		? { line: `${line} Make another one with 'coffer platform backup DIR'.`, isWarning: true }
		: { line, isWarning: false };
}
