/**
 * A function whose process is stopped by a signal is replaced, and the list of functions and the log report
 * that.
 */
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { link, type PlatformAccess, sharedPlatform } from "../support/platform.ts";
import { newProject, type Project } from "../support/project.ts";

let project: Project;
let platform: PlatformAccess;
beforeAll(async () => {
	[project, platform] = await Promise.all([newProject(), sharedPlatform()]);
	await link(project, platform);
	project.write("functions/still/index.ts", `export default () => new Response("here");\n`);
	await project.ok(["functions", "deploy"]);
});
afterAll(async () => {
	await project?.[Symbol.asyncDispose]();
	await platform?.[Symbol.asyncDispose]();
});

/** Kills a process, which may have ended already. */
function endProcess(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// The platform has ended the process.
	}
}

test("a function whose process is stopped by a signal is replaced, and list and logs say why, when and how often", async () => {
	const shown = async () => (await project.data(["functions", "list"])).functions[0];
	const { pid } = await shown();
	process.kill(pid, "SIGSTOP");
	// A stopped process does not notice the end of its platform, which the clean-up kills.
	onTestFinished(() => endProcess(pid));
	const isAnother = async () => {
		const now = await shown();
		return now.state === "live" && now.pid !== pid;
	};
	await expect.poll(isAnother, { timeout: 60_000, interval: 500 }).toBe(true);
	const { replaced } = await shown();
	expect(replaced).toMatchObject({ count: 1, reason: "stopped" });
	expect(Date.parse(replaced.at)).toBeGreaterThan(0);
	const { stdout } = await project.ok(["functions", "list"]);
	expect(stdout).toMatch(
		/still was replaced 1× \(its process is stopped by a signal and has not answered .*\), last at \d{4}-/,
	);
	await vi.waitFor(async () =>
		expect((await project.ok(["functions", "logs", "still"])).stdout).toMatch(
			/ error The function's process is replaced \(replacement 1 since the platform started\): /,
		),
	);
});
