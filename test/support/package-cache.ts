import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where tests keep the packages that platforms download. It outlives the run, and so the temporary files of the tests. */
export const PACKAGE_CACHE = process.env["COFFER_TEST_CACHE"] ?? join(tmpdir(), "coffer-test-cache");
