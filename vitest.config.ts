import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		globalSetup: ["test/support/build-once.ts"],
		pool: "forks",
		// One for each core of the smallest machine: most tests wait for processes that they have started.
		maxWorkers: 2,
		// Real processes: Deno, the keychain's daemon, the built command line.
		testTimeout: 60_000,
		hookTimeout: 60_000,
		retry: 0,
		allowOnly: false,
		passWithNoTests: false,
	},
});
