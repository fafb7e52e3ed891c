#include "output.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace ncmp_decode {

namespace {

constexpr size_t max_name = 4096;

// The temporary file that is there, for the signal handler.
char unfinished[max_name];
volatile std::sig_atomic_t is_unfinished = 0;

constexpr int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};

extern "C" void end_by_signal(int number) {
    if (is_unfinished != 0) unlink(unfinished);
    std::signal(number, SIG_DFL);
    raise(number);
}

// Blocks the signals that end the program while the name of the unfinished file changes.
class Uninterrupted {
   public:
    Uninterrupted() {
        sigset_t ending;
        sigemptyset(&ending);
        for (const int number : ending_signals) sigaddset(&ending, number);
        sigprocmask(SIG_BLOCK, &ending, &before_);
    }
    Uninterrupted(const Uninterrupted&) = delete;
    Uninterrupted& operator=(const Uninterrupted&) = delete;
    ~Uninterrupted() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

   private:
    sigset_t before_;
};

std::string folder_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

void sync_folder(const std::string& folder) {
    const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;  // one that may be written, but not listed
    fsync(descriptor);           // where the system can do that
    close(descriptor);
}

}  // namespace

void fail_on(const std::string& name) {
    throw std::system_error(errno, std::generic_category(), name);
}

void write_all(int descriptor, const void* data, size_t size, const std::string& name) {
    const char* at = static_cast<const char*>(data);
    while (size > 0) {
        const ssize_t written = write(descriptor, at, size);
        if (written < 0) {
            if (errno == EINTR) continue;
            fail_on(name);
        }
        at += written;
        size -= static_cast<size_t>(written);
    }
}

NewFile::NewFile(const std::string& target) : target_(target) {
    temporary_ = folder_of(target) + ".ncmp-decode-XXXXXX";
    if (temporary_.size() >= max_name) {
        errno = ENAMETOOLONG;
        fail_on(target);
    }
    const Uninterrupted uninterrupted;
    descriptor_ = mkstemp(temporary_.data());
    if (descriptor_ < 0) fail_on(target);
    std::memcpy(unfinished, temporary_.c_str(), temporary_.size() + 1);
    is_unfinished = 1;
    const mode_t mask = umask(0);
    umask(mask);
    fchmod(descriptor_, 0666 & ~mask);
}

NewFile::~NewFile() { remove(); }

void NewFile::remove() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
    const Uninterrupted uninterrupted;
    if (!temporary_.empty()) unlink(temporary_.c_str());
    temporary_.clear();
    is_unfinished = 0;
}

void NewFile::liken_to(const struct stat& other) {
    if (fchmod(descriptor_, other.st_mode & 0777) != 0) fail_on(target_);
#ifdef __APPLE__
    const timespec times[2] = {other.st_atimespec, other.st_mtimespec};
#else
    const timespec times[2] = {other.st_atim, other.st_mtim};
#endif
    if (futimens(descriptor_, times) != 0) fail_on(target_);
}

void NewFile::complete(bool overwrite) {
    if (fsync(descriptor_) != 0 && errno != EINVAL) fail_on(target_);
    const Uninterrupted uninterrupted;
    if (overwrite) {
        if (rename(temporary_.c_str(), target_.c_str()) != 0) fail_on(target_);
        temporary_.clear();
    } else if (link(temporary_.c_str(), target_.c_str()) != 0) {
        // Some file systems have no links: look, then rename.
        if (errno == EEXIST || access(target_.c_str(), F_OK) == 0) {
            errno = EEXIST;
            fail_on(target_);
        }
        if (rename(temporary_.c_str(), target_.c_str()) != 0) fail_on(target_);
        temporary_.clear();
    }
    sync_folder(folder_of(target_));
}

void remove_unfinished_on_signals() {
    struct sigaction action = {};
    action.sa_handler = end_by_signal;
    sigfillset(&action.sa_mask);
    for (const int number : ending_signals) {
        struct sigaction before = {};
        sigaction(number, nullptr, &before);
        if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
    }
}

}  // namespace ncmp_decode
