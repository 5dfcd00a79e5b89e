// Loaded into a server that a test watches: says, when asked, how much memory is in use after all garbage is gone.
process.on('message', () => {
  global.gc();
  process.send({ heap: process.memoryUsage().heapUsed });
});
// the question is no reason to stay
process.channel.unref();
