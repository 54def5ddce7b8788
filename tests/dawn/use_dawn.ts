/** Makes tests/backends.ts choose Dawn; imported before it. */
Deno.env.set("VIDEOMS_TEST_GPU", "dawn");
