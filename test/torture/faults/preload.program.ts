/**
 * Loaded into a `coffer` process before anything else. It makes the thread that touches files count its calls of `openat`
 * from where no other thread gets, so that `strace -e inject=openat:when=N` hits that one; and it plants a bug.
 */
import { createRequire } from "node:module";
import { plantBug } from "./plants.ts";

const OPENS = 600;

// The objects that the program under test has: it is bundled, and requires them.
const require = createRequire(`${process.cwd()}/`);
const fs: typeof import("node:fs") = require("node:fs");

for (let opened = 0; opened < OPENS; opened++)
	fs.open("/dev/null", (error, descriptor) => {
		if (!error) fs.close(descriptor);
	});

plantBug(process.env["PLANT"] ?? "", require("node:fs/promises"), process.env["PLANT_WINDOW"]);
