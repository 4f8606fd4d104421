/** The processor time of each process of a platform (Linux). */
import { readdirSync, readFileSync } from "node:fs";

const TICK_US = 10_000;

/** A process of a platform. */
export type Part = "gateway" | "data plane" | "control plane";
export type PartTimes = Readonly<Record<Part, number>>;

interface Process {
	readonly pid: number;
	readonly parent: number;
	/** User and system time, in microseconds. */
	readonly us: number;
	readonly command: string;
}

function processes(): Process[] {
	const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
	return pids.flatMap((pid) => {
		try {
			const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
			const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
			return [
				{ pid, parent: Number(fields[1]), us: TICK_US * (Number(fields[11]) + Number(fields[12])), command },
			];
		} catch {
			// It has ended.
			return [];
		}
	});
}

/**
 * The processor time, user and system, that the processes of a platform have used, in microseconds.
 * @param pid of the platform's own process, which started its data plane
 * @throws Error if one of them does not run
 */
export function partTimes(pid: number): PartTimes {
	const all = processes();
	const childOf = (parent: number, program: string) => {
		const found = all.find((each) => each.parent === parent && each.command.includes(program));
		if (found === undefined) throw new Error(`The platform has no process ${program}.`);
		return found;
	};
	const dataPlane = childOf(pid, "data-plane.cjs");
	const own = all.find((each) => each.pid === pid);
	return {
		gateway: childOf(dataPlane.pid, "gateway.cjs").us,
		"data plane": dataPlane.us,
		"control plane": own?.us ?? Number.NaN,
	};
}
