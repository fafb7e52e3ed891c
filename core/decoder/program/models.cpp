#include "models.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include "errors.hpp"

namespace ncmp_decode {

namespace {

bool is_folder(const std::string& path) {
    struct stat status = {};
    return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void add_models(ncmp_models* models, const std::string& path) {
    const ncmp_status status = is_folder(path) ? ncmp_models_add_folder(models, path.c_str())
                                               : ncmp_models_add_file(models, path.c_str());
    if (status != NCMP_OK) throw Failure(ncmp_models_message(models));
}

// The folder of the program, with a slash at its end; empty where the system does not tell.
std::string own_folder(const char* argument) {
    char buffer[4096];
    const ssize_t length = readlink("/proc/self/exe", buffer, sizeof buffer);
    std::string path(argument);
    if (length > 0 && static_cast<size_t>(length) < sizeof buffer) {
        path.assign(buffer, static_cast<size_t>(length));
    }
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

}  // namespace

Models open_models(const Options& options, const char* argument) {
    ncmp_models* created = nullptr;
    if (ncmp_models_create(&created) != NCMP_OK) throw std::bad_alloc();
    Models models(created);
    for (const std::string& path : options.models) add_models(models.get(), path);
    if (const char* const variable = std::getenv("NEUROCOMP_MODELS")) {
        std::string paths(variable);
        for (size_t start = 0; start <= paths.size();) {
            const size_t end = std::min(paths.find(':', start), paths.size());
            if (end > start) add_models(models.get(), paths.substr(start, end - start));
            start = end + 1;
        }
    }
    const std::string folder = own_folder(argument);
    for (const char* const place : {"models", "../share/neurocomp/models"}) {
        if (!folder.empty() && is_folder(folder + place)) add_models(models.get(), folder + place);
    }
    return models;
}

}  // namespace ncmp_decode
