import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/** Serves MongoDB's protocol from memory at a host and port, until it is ended; started by services.sh. */
public class MongodbServer {
  public static void main(String[] arguments) {
    new MongoServer(new MemoryBackend()).bind(arguments[0], Integer.parseInt(arguments[1]));
  }
}
