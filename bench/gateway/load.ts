/** Load on an HTTP server, made by wrk, which uses little of the machine itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface Load {
	readonly requestsPerSecond: number;
	readonly p99Ms: number;
	/** Requests without a response, or with a status other than 2xx and 3xx. */
	readonly failed: number;
	readonly requests: number;
}

export interface LoadOptions {
	/** The folder for wrk's scripts. */
	readonly folder: string;
	readonly seconds: number;
	/** 32 by default. */
	readonly connections?: number;
	/** Requests per second in all; by default, as many as possible. */
	readonly rate?: number;
	/** Sends POST with a body of this size instead of GET. */
	readonly bodyBytes?: number;
	/** Sends few requests, whatever the others say. */
	readonly smoke: boolean;
}

/** What only shows that requests arrive. A full load takes all of the machine, for no figure that counts. */
const SMOKE = { connections: 4, rate: 40, seconds: 1 };

/** Microseconds and counts, as wrk passes them to `done`. */
const REPORT = `
done = function(summary, latency)
	local e = summary.errors
	io.write(string.format("RESULT %d %d %d %d\\n", summary.requests, summary.duration,
		latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/**
 * One run of wrk. At a rate each connection waits a while before each request, of a random length around the mean.
 * @throws Error where wrk is missing or fails
 */
export async function load(url: string, options: LoadOptions): Promise<Load> {
	const { bodyBytes = 0, folder } = options;
	const { connections = 32, rate, seconds } = options.smoke ? SMOKE : options;
	const script = join(folder, `wrk-${rate === undefined ? "all" : Math.round(rate)}-${bodyBytes}.lua`);
	const meanMs = rate === undefined ? 0 : Math.max(1, (connections / rate) * 1000);
	const delay = `delay = function() return math.random(0, ${Math.round(2 * meanMs)}) end\n`;
	const post = `wrk.method = "POST"\nwrk.body = string.rep("x", ${bodyBytes})\n`;
	await writeFile(script, (bodyBytes > 0 ? post : "") + (rate === undefined ? "" : delay) + REPORT);
	const args = [
		"-t",
		"1",
		"-c",
		String(connections),
		"-d",
		`${seconds}s`,
		"--timeout",
		"10s",
		"-s",
		script,
		url,
	];
	const child = spawn("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
	let output = "";
	child.stdout.on("data", (chunk) => (output += chunk));
	const [status] = await once(child, "close");
	const [, requests, durationUs, p99Us, failed] =
		/^RESULT (\d+) (\d+) (\d+) (\d+)$/m.exec(output)?.map(Number) ?? [];
	if (
		status !== 0 ||
		requests === undefined ||
		durationUs === undefined ||
		p99Us === undefined ||
		failed === undefined
	)
		throw new Error(`wrk exited with ${status}: ${output}`);
	return { requests, requestsPerSecond: requests / (durationUs / 1e6), p99Ms: p99Us / 1000, failed };
}
