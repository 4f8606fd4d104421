import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The folder for the packages that platforms download in tests. It is kept between runs, so it is not among
 * the temporary files.
 */
export const PACKAGE_CACHE = process.env["COFFER_TEST_CACHE"] ?? join(tmpdir(), "coffer-test-cache");
