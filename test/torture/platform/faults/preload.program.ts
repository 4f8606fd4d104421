/**
 * Loaded into a `coffer` process first. It raises the count of `openat` calls of the thread that handles
 * files above that of all other threads, so that `strace -e inject=openat:when=N` hits only this thread. It
 * also plants a bug.
 */
import { createRequire } from "node:module";
import { plantBug } from "./plants.ts";

const OPENS = 600;

// The module objects of the tested program, which is bundled and gets them by `require`.
const require = createRequire(`${process.cwd()}/`);
const fs: typeof import("node:fs") = require("node:fs");

for (let opened = 0; opened < OPENS; opened++)
	fs.open("/dev/null", (error, descriptor) => {
		if (!error) fs.close(descriptor);
	});

plantBug(process.env["PLANT"] ?? "", require("node:fs/promises"), process.env["PLANT_WINDOW"]);
